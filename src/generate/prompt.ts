/** What the rows of a session have behind them, as far as generation cares. */
export interface Prompt {
  /**
   * The ids that processors see and that sequences begin with, one row a prompt, all equally long: GPT-2 its prompt, pads
   * included; an encoder-decoder its decoder start; a prompt given as embeddings nothing.
   */
  readonly ids: readonly (readonly number[])[];
  /** 0 where an id is padding on the left. Default: nowhere. */
  readonly attention_mask?: readonly ArrayLike<number>[];
  /** Columns given as embeddings, which count in `max_length` and `min_length`. Default 0. */
  readonly embedded?: number;
}

/** Columns that count in `max_length` and `min_length`. */
export function columnsOf({ ids, embedded = 0 }: Prompt): number {
  return (ids[0]?.length ?? 0) + embedded;
}

/** How many ids at the beginning of a row are padding. */
export function paddingOf({ attention_mask }: Prompt, row: number): number {
  const mask = attention_mask?.[row];
  let n = 0;
  while (mask !== undefined && n < mask.length && mask[n] === 0) n++;
  return mask === undefined || n === mask.length ? 0 : n;
}
