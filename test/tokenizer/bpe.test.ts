import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError, TokenizerError, UnsupportedOptionError } from '../../src/errors.ts';
import { bpeFromTokenizerJson } from '../../src/tokenizer/bpe-json.ts';
import { byteToChar } from '../../src/tokenizer/bytes.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { bpeFromVocabAndMerges } from '../../src/tokenizer/vocab-merges.ts';
import { loneSurrogateAt } from '../../src/tokenizer/well-formed.ts';
import { runs } from '../seed.ts';
import { anyIds, own, ownFile, ownGolden, ownJson, unitOfCodePoint, wellFormedText } from './own.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The 256 bytes, then `pieces` from id 256 on. */
function small(pieces: string[], merges: string[]): Tokenizer {
  const vocab = Object.fromEntries([...byteToChar, ...pieces].map((piece, id) => [piece, id]));
  return bpeFromVocabAndMerges({ vocab: utf8(JSON.stringify(vocab)), merges: utf8(merges.join('\n')) });
}

describe('BpeTokenizer', () => {
  it('worked example: "lower lows" with four merges', () => {
    const tokenizer = small(['lo', 'low', 'er', 'Ġlow'], ['l o', 'e r', 'lo w', 'Ġ low']);
    expect(tokenizer.encode('lower lows')).toEqual({
      ids: [257, 258, 259, byteToChar.indexOf('s')],
      pieces: ['low', 'er', 'Ġlow', 's'],
      offsets: [
        [0, 3],
        [3, 5],
        [5, 9],
        [9, 10],
      ],
    });
    expect(tokenizer.decode([257, 258, 259])).toBe('lower low');
    expect(tokenizer.vocabSize).toBe(260);
  });

  it('gives part of a character the range of the whole character, in UTF-16 units', () => {
    const { pieces, offsets } = small([], []).encode('é🙂');
    expect(pieces).toEqual(['Ã', '©', 'ð', 'Ł', 'Ļ', 'Ĥ']);
    expect(offsets.map(([start, end]) => end - start)).toEqual([1, 1, 2, 2, 2, 2]);
    expect(offsets.map(([start]) => start)).toEqual([0, 0, 1, 1, 1, 1]);
  });
});

interface Vector {
  text: string;
  ids: number[];
  pieces: string[];
  offsets: number[];
}

function expectVectors(tokenizer: Tokenizer, vectors: Vector[]): void {
  for (const { text, ids, pieces, offsets } of vectors) {
    const unit = unitOfCodePoint(text);
    const flat = offsets.map((codePoint) => unit[codePoint]);
    const got = tokenizer.encode(text);
    expect({ text, ...got, offsets: got.offsets.flat() }).toEqual({ text, ids, pieces, offsets: flat });
  }
}

function expectDecodes(tokenizer: Tokenizer, vectors: { ids: number[]; text: string; skip: string }[]): void {
  for (const { ids, text, skip } of vectors) {
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(skip);
  }
}

describe('against the tokenizers library', () => {
  it(`equals it on ${ownGolden.vectors.length} texts, from tokenizer.json`, () => {
    expectVectors(own, ownGolden.vectors);
    expectDecodes(own, ownGolden.decode);
  });

  it('equals it from vocab.json + merges.txt', () => {
    const tokenizer = bpeFromVocabAndMerges({ vocab: ownFile('vocab.json'), merges: ownFile('merges.txt') });
    expectVectors(tokenizer, ownGolden.vectors);
    expectDecodes(tokenizer, ownGolden.decode);
  });

  for (const { name, patch, vectors, decode } of ownGolden.variants)
    it(`equals it with: ${name}`, () => {
      const json = ownJson();
      const tokenizer = bpeFromTokenizerJson({ ...json, ...patch, model: { ...json.model, ...patch.model } });
      expectVectors(tokenizer, vectors);
      expectDecodes(tokenizer, decode);
    });
});

describe('laws', () => {
  it('decoding the ids of a text gives the text', () => {
    fc.assert(
      fc.property(wellFormedText, fc.boolean(), (text, special_tokens_in_text) => {
        expect(own.decode(own.encode(text, { special_tokens_in_text }).ids)).toBe(text);
      }),
      runs(1000),
    );
  });

  it('ids are in range and are the ids of the pieces', () => {
    fc.assert(
      fc.property(wellFormedText, (text) => {
        const { ids, pieces } = own.encode(text);
        expect(ids.map((id) => own.idToPiece(id))).toEqual(pieces);
        expect(pieces.map((piece) => own.pieceToId(piece))).toEqual(ids);
        expect(own.tokenize(text)).toEqual(pieces);
      }),
      runs(200),
    );
  });

  it('ranges are monotone, and joined they cover the text: a range begins inside or right behind the one before', () => {
    fc.assert(
      fc.property(wellFormedText, (text) => {
        const { offsets } = own.encode(text);
        let covered = 0;
        for (const [start, end] of offsets) {
          expect(start).toBeLessThanOrEqual(covered);
          expect(end).toBeGreaterThanOrEqual(covered);
          expect(loneSurrogateAt(text.slice(start, end))).toBe(-1);
          covered = end;
        }
        expect(covered).toBe(text.length);
      }),
      runs(500),
    );
  });

  it('streamed ids give the text of decode, whatever the ids', () => {
    fc.assert(
      fc.property(anyIds(own.vocabSize), fc.boolean(), (ids, skip_special_tokens) => {
        const stream = own.stream({ skip_special_tokens });
        const streamed = ids.map((id) => stream.push(id)).join('') + stream.end();
        expect(streamed).toBe(own.decode(ids, { skip_special_tokens }));
      }),
      runs(1000),
    );
  });

  it('no streamed piece ends in half a character: pieces of an encoded text hold no U+FFFD of their own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const stream = own.stream();
        const pieces = own.encode(text).ids.map((id) => stream.push(id));
        expect([...pieces, stream.end()].join('')).toBe(text);
        expect(pieces.every((piece) => !piece.includes('\ufffd'))).toBe(!text.includes('\ufffd'));
      }),
      runs(300),
    );
  });

  it('a batch is its rows', () => {
    const texts = ['one', '', 'two three'];
    const rows = own.encode_batch(texts);
    expect(rows).toEqual(texts.map((text) => own.encode(text)));
    expect(own.batch_decode(rows.map(({ ids }) => ids))).toEqual(texts);
  });

  it('what was encoded before changes nothing', () => {
    fc.assert(
      fc.property(wellFormedText, (text) => {
        expect(own.encode(text)).toEqual(bpeFromTokenizerJson(ownJson()).encode(text));
      }),
      runs(30),
    );
  });

  it.each([
    ['one letter', 'a'.repeat(2 ** 20)],
    ['words without spaces', 'theingandthe'.repeat(87_381)],
    ['white space', ' '.repeat(2 ** 20)],
    ['signs of four bytes', '🙂'.repeat(2 ** 18)],
  ])('a word of a megabyte is no trouble: %s', (_, word) => {
    const { ids, offsets } = own.encode(word);
    expect(own.decode(ids) === word).toBe(true);
    expect(offsets.at(-1)![1]).toBe(word.length);
  });
});

describe('special tokens', () => {
  it('are found in the text, or not where asked', () => {
    expect(own.encode('a<|endoftext|>').ids).toEqual([own.pieceToId('a'), 0]);
    expect(own.encode('a<|endoftext|>', { special_tokens_in_text: false }).ids).not.toContain(0);
    expect(own.special).toEqual({ bos: 0, eos: 0, unk: 0, pad: undefined, all: new Set([0]) });
    expect(own.decode([0, 66], { skip_special_tokens: true })).toBe(own.idToPiece(66));
  });
});

describe('hostile inputs', () => {
  it('refuses a lone surrogate and tells where', () => {
    expect(() => own.encode('ab\udc00')).toThrow(TokenizerError);
    expect(() => own.encode('ab\udc00')).toThrow('the lone surrogate U+DC00 at index 2');
  });

  it.each([-1, 0.5, Number.NaN, 520, 2 ** 40])('refuses the id %d', (id) => {
    expect(() => own.decode([1, id])).toThrow(TokenizerError);
    expect(() => own.decode([1, id])).toThrow(`decode: "ids[1]" must be a whole number from 0 to 519, got ${id}`);
    expect(() => own.stream().push(id)).toThrow('stream: "id" must be a whole number');
    expect(() => own.idToPiece(id)).toThrow('idToPiece: "id" must be a whole number');
  });

  it('refuses options nobody knows, and values that are not true or false', () => {
    const unknown = JSON.parse('{"skip_special_token":true}');
    expect(() => own.decode([], unknown)).toThrow(UnsupportedOptionError);
    expect(() => own.decode([], unknown)).toThrow(
      'option "skip_special_token" is not known; known: skip_special_tokens',
    );
    expect(() => own.encode('', JSON.parse('{"add_special_tokens":1}'))).toThrow(OptionError);
  });

  it('names the byte that a vocabulary cannot spell; an unknown token stands for it where there is one', () => {
    const json = { ...ownJson(), added_tokens: [], model: { type: 'BPE', vocab: { a: 0, '?': 1 }, merges: [] } };
    expect(() => bpeFromTokenizerJson(json).encode('ab')).toThrow(TokenizerError);
    expect(() => bpeFromTokenizerJson(json).encode('ab')).toThrow('no piece for byte 0x62 of the word "ab"');
    const tokenizer = bpeFromTokenizerJson({ ...json, model: { ...json.model, unk_token: '?' } });
    expect(tokenizer.encode('aéa')).toEqual({
      ids: [0, 1, 1, 0],
      pieces: ['a', 'é', 'é', 'a'],
      offsets: [
        [0, 1],
        [1, 2],
        [1, 2],
        [2, 3],
      ],
    });
  });
});
