import { OptionError, show } from '../errors.ts';

/** Rows brought to one length, and which of their columns are real. */
export interface Padded {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
}

/** Pads rows to the length of the longest. Decoders need their padding on the left, encoders take it on either side. */
export function padRows(rows: readonly (readonly number[])[], side: 'left' | 'right', id: number): Padded {
  const length = Math.max(1, ...rows.map((row) => row.length));
  const pad = (row: readonly number[], filler: number): number[] => {
    const room = new Array<number>(length - row.length).fill(filler);
    return side === 'left' ? [...room, ...row] : [...row, ...room];
  };
  return {
    input_ids: rows.map((row) => pad(row, id)),
    attention_mask: rows.map((row) => pad(new Array<number>(row.length).fill(1), 0)),
  };
}

/** One text or several, checked. */
export function readTexts(text: unknown): string[] {
  const texts: unknown[] = Array.isArray(text) ? text : [text];
  const strings = texts.filter((one) => typeof one === 'string');
  if (strings.length === texts.length && texts.length > 0) return strings;
  throw new OptionError(`"text" must be a string or a list of at least one, got ${show(text)} (${typeof text})`, {
    got: text,
  });
}
