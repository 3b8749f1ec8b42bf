import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, TokenizerError } from '../../src/errors.ts';
import { readRoles } from '../../src/tokenizer/roles.ts';
import { spieceTokenizer } from '../../src/tokenizer/spiece.ts';
import { readSpieceModel } from '../../src/tokenizer/spiece-model.ts';
import { SpieceNormalizer } from '../../src/tokenizer/spiece-normalizer.ts';
import { runs } from '../seed.ts';
import { wellFormedText } from './own.ts';
import { ownGolden, ownModel, pairs } from './own-unigram.ts';

const names = Object.keys(ownGolden.spiece);
const plain = { add_special_tokens: false };

describe.each(names)('spieceTokenizer, model %s', (name) => {
  const bytes = ownModel(name);
  const tokenizer = spieceTokenizer(bytes);
  const normalizer = new SpieceNormalizer(readSpieceModel(bytes), 'spiece.model');
  const { vectors, decode } = ownGolden.spiece[name];

  it('gives the ids, pieces, offsets, normal form and text of the SentencePiece library', () => {
    ownGolden.texts.forEach((text, i) => {
      const { normalized, ids, pieces, offsets, decoded } = vectors[i];
      expect(normalizer.normalize(text).text, JSON.stringify(text)).toBe(normalized);
      expect(tokenizer.encode(text, plain), JSON.stringify(text)).toEqual({ ids, pieces, offsets: pairs(offsets) });
      expect(tokenizer.decode(ids)).toBe(decoded);
    });
    for (const { ids, decoded } of decode) expect(tokenizer.decode(ids), JSON.stringify(ids)).toBe(decoded);
  });

  it('any well-formed text gives ids in range', () => {
    fc.assert(
      fc.property(wellFormedText, (text) => {
        const { ids } = tokenizer.encode(text);
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize)).toBe(true);
      }),
      runs(200),
    );
  });

  it('ranges are monotone and meet: each begins where the one before ends', () => {
    fc.assert(
      fc.property(wellFormedText, (text) => {
        const { offsets } = tokenizer.encode(text, plain);
        offsets.forEach(([start, end], i) => {
          expect(start <= end && end <= text.length).toBe(true);
          if (i > 0) expect(start).toBe(offsets[i - 1][1]);
        });
      }),
      runs(200),
    );
  });

  it('streamed pieces joined equal decode', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: tokenizer.vocabSize - 1 }), { maxLength: 30 }), fc.boolean(), (ids, skip) => {
        const options = { skip_special_tokens: skip };
        const stream = tokenizer.stream(options);
        expect(ids.map((id) => stream.push(id)).join('') + stream.end()).toBe(tokenizer.decode(ids, options));
      }),
      runs(200),
    );
  });
});

describe('encode and decode', () => {
  it.each(['t5', 'rules', 'bare'])('decoding what was encoded changes nothing once it is normal, model %s', (name) => {
    const tokenizer = spieceTokenizer(ownModel(name));
    const { unk } = tokenizer.special;
    const round = (text: string) => tokenizer.decode(tokenizer.encode(text, plain).ids);
    fc.assert(
      fc.property(wellFormedText, (text) => {
        fc.pre(!tokenizer.encode(text, plain).ids.includes(unk ?? -1));
        // Model rules has rules whose results other rules apply to, so one pass need not be the last.
        const once = name === 'rules' ? round(round(round(text))) : round(text);
        expect(round(once)).toBe(once);
      }),
      runs(200),
    );
  });

  it('a text in two batches is the text alone', () => {
    const tokenizer = spieceTokenizer(ownModel('t5'));
    const texts = ownGolden.texts.slice(0, 20);
    expect(tokenizer.encode_batch(texts)).toEqual(texts.map((text) => tokenizer.encode(text)));
    const rows = tokenizer.encode_batch(texts).map(({ ids }) => ids);
    expect(tokenizer.batch_decode(rows)).toEqual(rows.map((ids) => tokenizer.decode(ids)));
    expect(tokenizer.tokenize(texts[3])).toEqual(tokenizer.encode(texts[3], plain).pieces);
  });

  it('a character that comes in bytes is never cut', () => {
    const tokenizer = spieceTokenizer(ownModel('rules'));
    const stream = tokenizer.stream();
    const bytes = [0xf0, 0x9f, 0x99, 0x82].map(
      (byte) => tokenizer.pieceToId(`<0x${byte.toString(16).toUpperCase()}>`)!,
    );
    expect(bytes.map((id) => stream.push(id))).toEqual(['', '', '', '🙂']);
    expect([stream.push(bytes[0]), stream.push(bytes[1]), stream.end()]).toEqual(['', '', '\ufffd\ufffd']);
  });

  it('a word of a million characters takes linear time', () => {
    const tokenizer = spieceTokenizer(ownModel('t5'));
    const { ids } = tokenizer.encode('thereader'.repeat(116_000));
    expect(ids.length).toBeGreaterThan(100_000);
    expect(tokenizer.decode(ids)).toHaveLength(9 * 116_000);
  });
});

describe('T5 conventions', () => {
  const roles = readRoles({ tokenizer_config: { extra_ids: 3, eos_token: '</s>', additional_special_tokens: [] } });
  const own = spieceTokenizer(ownModel('t5'));
  const t5 = spieceTokenizer(ownModel('t5'), roles);
  const n = own.vocabSize;

  it('</s> follows the text of a model without a bos piece, and only then', () => {
    expect(own.encode('A small boat').ids.at(-1)).toBe(own.special.eos);
    expect(own.encode('A small boat').offsets.at(-1)).toEqual([0, 0]);
    const other = spieceTokenizer(ownModel('plain'));
    expect(other.encode('A small boat')).toEqual(other.encode('A small boat', plain));
  });

  it('sentinels count down from the last id', () => {
    expect(t5.vocabSize).toBe(n + 3);
    expect([0, 1, 2].map((k) => t5.pieceToId(`<extra_id_${k}>`))).toEqual([n + 2, n + 1, n]);
    expect(t5.decode([n + 2, ...t5.encode('boat', plain).ids])).toBe('<extra_id_0> boat');
    expect(t5.decode([n + 2, ...t5.encode('boat').ids], { skip_special_tokens: true })).toBe('boat');
    expect(own.pieceToId('<extra_id_0>')).toBeUndefined();
  });

  it('literals of special tokens are text unless asked for', () => {
    const text = 'A <extra_id_0> boat</s>';
    expect(t5.encode(text, plain).ids).toEqual(own.encode(text, plain).ids);
    const found = t5.encode(text, { special_tokens_in_text: true, add_special_tokens: false });
    expect(found.ids).toEqual([...own.encode('A', plain).ids, n + 2, ...own.encode('boat', plain).ids, t5.special.eos]);
    expect(found.offsets.filter((_, i) => found.ids[i] >= n)).toEqual([[2, 14]]);
  });

  it('tokens of a config may lie far above the model', () => {
    const far = spieceTokenizer(
      ownModel('t5'),
      readRoles({ added_tokens: { '<far>': 32_000 }, tokenizer_config: { additional_special_tokens: ['<far>'] } }),
    );
    expect(far.idToPiece(32_000)).toBe('<far>');
    expect(far.vocabSize).toBe(32_001);
    expect(() => far.idToPiece(31_999)).toThrow(
      /"id" must be a whole number from 0 to \d+ or one of 1 added tokens, got 31999/,
    );
  });

  it('where a config gives a token the id of a piece, the config wins', () => {
    const made = spieceTokenizer(
      ownModel('t5'),
      readRoles({ tokenizer_config: { added_tokens_decoder: { 2: { content: '<new>', special: true } } } }),
    );
    expect([made.pieceToId('<new>'), made.idToPiece(2), made.decode([2])]).toEqual([2, '<new>', '<new>']);
    expect([own.idToPiece(2), own.decode([2])]).toEqual(['<unk>', ' ⁇ ']);
  });

  it('roles that do not fit are a FormatError', () => {
    const made = (tokenizer_config: object) => () => spieceTokenizer(ownModel('t5'), readRoles({ tokenizer_config }));
    expect(made({ extra_ids: 1e9 })).toThrow(FormatError);
    expect(made({ extra_ids: 1e9 })).toThrow(/"extra_ids" must be at most 100000, got 1000000000/);
    expect(made({ eos_token: '<end>' })).toThrow(/"<end>" is not in the vocabulary of \d+ pieces/);
  });
});

describe('bad input', () => {
  const tokenizer = spieceTokenizer(ownModel('t5'));

  it('a lone surrogate is a TokenizerError with its index', () => {
    expect(() => tokenizer.encode('ab\ud800c')).toThrow(TokenizerError);
    expect(() => tokenizer.encode('ab\ud800c')).toThrow(/lone surrogate U\+D800 at index 2/);
  });

  it('an id without a piece is a TokenizerError with its place', () => {
    for (const id of [-1, 1.5, Number.NaN, tokenizer.vocabSize])
      expect(() => tokenizer.decode([3, id])).toThrow(TokenizerError);
    expect(() => tokenizer.decode([3, -1])).toThrow(/decode: "ids\[1\]" must be a whole number from 0 to \d+, got -1/);
  });

  it('an unknown option is refused', () => {
    // @ts-expect-error: what a caller without types may write
    expect(() => tokenizer.encode('a', { add_specials: true })).toThrow(/option "add_specials" is not known/);
  });
});
