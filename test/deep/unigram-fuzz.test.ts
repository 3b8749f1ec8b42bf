/** The same fuzzing as in test/tokenizer/spiece-model.test.ts, longer and on the file with the full charsmap too. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { spieceTokenizer } from '../../src/tokenizer/spiece.ts';
import { unigramFromTokenizerJson } from '../../src/tokenizer/unigram-json.ts';
import { runs } from '../seed.ts';
import { ownGolden, ownJson, ownModel } from '../tokenizer/own-unigram.ts';
import { mutatedBytes, mutatedJson, worksOrFormatError } from '../tokenizer/unigram-fuzz.ts';

describe('mutated unigram files', () => {
  it.each(Object.keys(ownGolden.spiece))('spiece.model %s', (name) => {
    fc.assert(
      fc.property(mutatedBytes(ownModel(name)), (bytes) => worksOrFormatError(() => spieceTokenizer(bytes))),
      runs(2000),
    );
  });

  it.each(Object.keys(ownGolden.json))('tokenizer.json %s', (name) => {
    fc.assert(
      fc.property(mutatedJson(ownJson(name)), (json) => worksOrFormatError(() => unigramFromTokenizerJson(json))),
      // The full charsmap makes each reading take a while.
      runs(ownGolden.json[name].model === 't5' ? 100 : 1000),
    );
  });
});
