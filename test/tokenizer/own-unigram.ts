/** The small models of test/goldens/tokenizers/unigram-own (see test/oracle/make_unigram_vectors.py) and what tests share. */
import { readFileSync } from 'node:fs';
import { readSpieceModel } from '../../src/tokenizer/spiece-model.ts';

const folder = new URL('../goldens/tokenizers/unigram-own/', import.meta.url);

export interface SpieceVector {
  readonly normalized: string;
  readonly ids: number[];
  readonly pieces: string[];
  readonly offsets: number[];
  readonly decoded: string;
}
export interface JsonVector {
  readonly ids: number[];
  readonly offsets: number[];
  readonly decoded: string;
  readonly skipped: string;
}
interface Golden {
  readonly texts: string[];
  readonly spiece: Record<string, { vectors: SpieceVector[]; decode: { ids: number[]; decoded: string }[] }>;
  readonly json: Record<
    string,
    {
      model: string;
      tokenizer: { [key: string]: unknown };
      vectors: JsonVector[];
      decode: { ids: number[]; decoded: string; skipped: string }[];
    }
  >;
}

export const ownGolden: Golden = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8'));
export const ownModel = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`${name}.model`, folder)));

/** A tokenizer.json of the goldens, with the vocabulary and the charsmap of its model put in; a fresh copy each time. */
export function ownJson(name: string) {
  const { model, tokenizer } = ownGolden.json[name];
  const { pieces, scores, charsmap } = readSpieceModel(ownModel(model));
  const text = JSON.stringify(tokenizer).replace(
    '"CHARSMAP"',
    JSON.stringify(Buffer.from(charsmap).toString('base64')),
  );
  const file = JSON.parse(text);
  file.model.vocab = pieces.map((piece, id) => [piece, scores[id]]);
  return file;
}

export const pairs = (flat: readonly number[]): [number, number][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
