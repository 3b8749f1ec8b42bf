import { type FinishReason, type ResolvedOptions, Tensor } from '../../src/index.node.ts';
import type { Inputs } from './inputs.ts';

/** How long the prompts of a batch are. */
export interface PromptSize {
  /** Of each prompt, padding left out. */
  readonly tokens: readonly number[];
  /** Of all of them, padding counted; 0 where they came as embeddings, which no sequence begins with. */
  readonly columns: number;
}

/** What the mask says, or else the ids or embeddings; checked by the model, so anything else counts as nothing. */
export async function sizeOfPrompts({ input_ids, inputs_embeds, attention_mask }: Inputs): Promise<PromptSize> {
  const [rows, columns] = shapeOf(input_ids ?? inputs_embeds);
  const mask = attention_mask === undefined ? undefined : await flat(attention_mask);
  const tokens = Array.from({ length: rows }, (_, row) =>
    mask === undefined
      ? columns
      : mask.slice(row * columns, (row + 1) * columns).reduce((sum: number, bit) => sum + bit, 0),
  );
  return { tokens, columns: input_ids === undefined ? 0 : columns };
}

/** Tokens that were written in all rows of a prompt, end tokens counted and fillers not. */
export function writtenTokens(
  sequences: readonly (readonly number[])[],
  reasons: readonly FinishReason[],
  start: number,
  eos: ResolvedOptions['eos_token_id'],
): number {
  const ends = eos === null ? [] : [eos].flat();
  const lengths = sequences.map((row, i) => {
    const written = row.slice(start);
    return reasons[i] === 'stop' ? written.findIndex((id) => ends.includes(id)) + 1 : written.length;
  });
  return lengths.reduce((sum, length) => sum + length, 0);
}

function shapeOf(batch: unknown): readonly number[] {
  if (batch instanceof Tensor) return batch.shape;
  return Array.isArray(batch) && Array.isArray(batch[0]) ? [batch.length, batch[0].length] : [0, 0];
}

async function flat(mask: unknown): Promise<number[]> {
  if (mask instanceof Tensor) return Array.from(await mask.read(), Number);
  return Array.isArray(mask) ? mask.flat().map(Number) : [];
}
