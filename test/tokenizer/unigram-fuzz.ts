/** Files changed at random, and what a reader may make of them. */
import fc from 'fast-check';
import { FormatError, TokenizerError } from '../../src/errors.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';

/** Bytes overwritten, cut out, doubled, or the end missing. */
export function mutatedBytes(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat({ max: bytes.length - 1 });
  const overwrite = fc
    .array(fc.tuple(at, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 })
    .map((changes) => {
      const copy = bytes.slice();
      for (const [place, byte] of changes) copy[place] = byte;
      return copy;
    });
  const splice = fc.tuple(at, at, fc.boolean()).map(([a, b, doubled]) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    const parts = doubled
      ? [bytes.subarray(0, high), bytes.subarray(low)]
      : [bytes.subarray(0, low), bytes.subarray(high)];
    return new Uint8Array(Buffer.concat(parts));
  });
  return fc.oneof(
    overwrite,
    splice,
    at.map((end) => bytes.slice(0, end)),
  );
}

/** One value anywhere in the tree replaced or removed. */
export function mutatedJson(tree: unknown): fc.Arbitrary<unknown> {
  const values = [null, true, -1, 1.5, 1e300, '', 'x', '\ud800', [], {}, [[]], { type: 'Sequence' }];
  const path = fc.array(fc.nat(), { minLength: 1, maxLength: 6 });
  return fc.tuple(path, fc.constantFrom(...values, undefined)).map(([steps, value]) => {
    const copy = structuredClone(tree);
    let place: unknown = copy;
    for (const [i, step] of steps.entries()) {
      if (typeof place !== 'object' || place === null) break;
      const keys = Object.keys(place);
      if (keys.length === 0) break;
      const holder: { [key: string]: unknown } = Object.assign(place);
      const key = keys[step % keys.length];
      if (i === steps.length - 1 || typeof holder[key] !== 'object' || holder[key] === null) {
        if (value === undefined && Array.isArray(place)) place.splice(Number(key), 1);
        else if (value === undefined) delete holder[key];
        else holder[key] = value;
        break;
      }
      place = holder[key];
    }
    return copy;
  });
}

const TEXTS = ['The baton passes.', 'ﬁ \u00a0 ab aba e\u0301 🙂〄', '</s><hole> loud', '\u0000\u0001\r\n\u200d\u0301'];

/** The reader throws a FormatError, or gives a tokenizer that encodes and decodes (a TokenizerError is an answer too). */
export function worksOrFormatError(read: () => Tokenizer): void {
  let tokenizer: Tokenizer;
  try {
    tokenizer = read();
  } catch (error) {
    if (error instanceof FormatError) return;
    throw error;
  }
  for (const text of TEXTS) {
    try {
      const { ids } = tokenizer.encode(text);
      if (ids.some((id) => !(id >= 0 && id < tokenizer.vocabSize))) throw new Error(`ids out of range: ${ids}`);
      tokenizer.decode(ids);
    } catch (error) {
      if (!(error instanceof TokenizerError)) throw error;
    }
  }
}
