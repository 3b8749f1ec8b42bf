/** The small tokenizer of test/goldens/tokenizers/bpe-own (see test/oracle/make_bpe_vectors.py) and what tests share about it. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { bpeFromTokenizerJson } from '../../src/tokenizer/bpe-json.ts';

const folder = new URL('../goldens/tokenizers/bpe-own/', import.meta.url);

export const ownFile = (name: string): Uint8Array => readFileSync(new URL(name, folder));
// biome-ignore lint/suspicious/noExplicitAny: golden files are checked by the comparisons made with them
const parsed = (name: string): any => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

export const ownGolden = parsed('golden.json');
/** A fresh copy, for tests that change it. */
export const ownJson = () => parsed('tokenizer.json');
export const own = bpeFromTokenizerJson(ownJson());

/** Any text that has a UTF-8 form, with white space, apostrophes and special literals more often than chance. */
export const wellFormedText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(' ', '  ', '\n', "'s", "'re", "'", '<|endoftext|>', '\ufeff', '\u0085', 'the', 'ing', '🙂'),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
    )
    .map((parts) => parts.join('')),
);

/** Ids of `tokenizer` in any order: mostly not UTF-8. */
export const anyIds = (vocabSize: number) => fc.array(fc.nat({ max: vocabSize - 1 }), { maxLength: 30 });

/** UTF-16 index of every code point of the text, and of its end. */
export function unitOfCodePoint(text: string): number[] {
  const units = [0];
  for (const character of text) units.push(units.at(-1)! + character.length);
  return units;
}

/** The JSON with one part, somewhere, replaced by any JSON or left out. */
export function changedAnywhere(json: unknown): fc.Arbitrary<unknown> {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(undefined, null, -1, 0, 1, 2 ** 40, '', 'a', '\ud800', [], {}),
  );
  return fc.tuple(fc.array(fc.nat(), { maxLength: 5 }), value).map(([path, value]) => replaced(json, path, value));
}

function replaced(json: unknown, [step, ...rest]: number[], value: unknown): unknown {
  if (step === undefined || typeof json !== 'object' || json === null) return value;
  const keys = Object.keys(json);
  if (keys.length === 0) return value;
  const at = keys[step % keys.length];
  const entries = Object.entries(json).map(([key, part]) => [key, key === at ? replaced(part, rest, value) : part]);
  return Array.isArray(json) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}
