import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, TokenizerError } from '../../src/errors.ts';
import { readRoles } from '../../src/tokenizer/roles.ts';
import { unigramFromTokenizerJson } from '../../src/tokenizer/unigram-json.ts';
import { runs } from '../seed.ts';
import { wellFormedText } from './own.ts';
import { ownGolden, ownJson, pairs } from './own-unigram.ts';

const names = Object.keys(ownGolden.json);

describe.each(names)('unigramFromTokenizerJson, variant %s', (name) => {
  const tokenizer = unigramFromTokenizerJson(ownJson(name));
  const { vectors, decode } = ownGolden.json[name];

  it('gives the ids, offsets and text of the tokenizers library', () => {
    ownGolden.texts.forEach((text, i) => {
      const { ids, offsets, decoded, skipped } = vectors[i];
      const encoding = tokenizer.encode(text);
      expect(encoding.ids, JSON.stringify(text)).toEqual(ids);
      expect(encoding.offsets, JSON.stringify(text)).toEqual(pairs(offsets));
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(skipped);
    });
    for (const { ids, decoded, skipped } of decode) {
      expect(tokenizer.decode(ids), JSON.stringify(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(skipped);
    }
  });

  it('any well-formed text gives ids in range, and ranges in order inside the text', () => {
    fc.assert(
      fc.property(wellFormedText, (text) => {
        const { ids, offsets } = tokenizer.encode(text, { add_special_tokens: false });
        expect(ids.every((id) => id >= 0 && id < tokenizer.vocabSize)).toBe(true);
        offsets.forEach(([start, end], i) => {
          expect(start < end && end <= text.length && (i === 0 || start >= offsets[i - 1][0])).toBe(true);
        });
      }),
      runs(200),
    );
  });

  it('streamed pieces joined equal decode', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: tokenizer.vocabSize - 1 }), { maxLength: 30 }), (ids) => {
        const stream = tokenizer.stream();
        expect(ids.map((id) => stream.push(id)).join('') + stream.end()).toBe(tokenizer.decode(ids));
      }),
      runs(100),
    );
  });
});

describe('options and roles', () => {
  it('special literals are text where asked, others are found all the same', () => {
    const tokenizer = unigramFromTokenizerJson(ownJson('split'));
    const as = (special_tokens_in_text: boolean) =>
      tokenizer.encode('<hole> loud', { special_tokens_in_text, add_special_tokens: false }).ids;
    const [hole, loud] = [tokenizer.pieceToId('<hole>'), tokenizer.pieceToId('loud')];
    expect(as(true)).toEqual([hole, loud]);
    expect(as(false)).not.toContain(hole);
    expect(as(false)).toContain(loud);
  });

  it('roles name ids and add special tokens', () => {
    const roles = readRoles({ tokenizer_config: { bos_token: '▁the', additional_special_tokens: ['loud'] } });
    const tokenizer = unigramFromTokenizerJson(ownJson('split'), roles);
    expect(tokenizer.special.bos).toBe(tokenizer.pieceToId('▁the'));
    expect(tokenizer.special.all.has(tokenizer.pieceToId('loud')!)).toBe(true);
    expect(tokenizer.special).toMatchObject({ pad: 0, eos: 1, unk: 2 });
  });

  it('a million characters without a space take linear time', () => {
    const tokenizer = unigramFromTokenizerJson(ownJson('split'));
    const text = 'the\u0301reader'.repeat(100_000);
    expect(tokenizer.decode(tokenizer.encode(text).ids, { skip_special_tokens: true })).toContain('reader');
  });
});

describe('bad files', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a file that is changed at will
  const broken = (change: (file: any) => void) => () => {
    const file = ownJson('replace');
    change(file);
    return unigramFromTokenizerJson(file);
  };
  it.each<[string, Parameters<typeof broken>[0], RegExp]>([
    [
      'another normalizer',
      (f) => (f.normalizer.normalizers[0].type = 'BertNormalizer'),
      /"BertNormalizer" is not known here; known: Precompiled, Strip.*\n.*normalizer\.normalizers\[0\]\.type/,
    ],
    ['a sequence in a sequence', (f) => (f.normalizer.normalizers[1] = f.normalizer), /"Sequence" is not known here/],
    [
      'another regular expression',
      (f) => (f.normalizer.normalizers[2].pattern.Regex = '(a+)+$'),
      /"\(a\+\)\+\$" is not known here; known: one character/,
    ],
    ['long content', (f) => (f.normalizer.normalizers[2].content = 'x'.repeat(17)), /at most 16 UTF-16 units, got 17/],
    [
      'another pre-tokenizer',
      (f) => (f.pre_tokenizer.type = 'ByteLevel'),
      /"ByteLevel" is not known here; known: Metaspace/,
    ],
    [
      'another prepend scheme',
      (f) => (f.pre_tokenizer.prepend_scheme = 'last'),
      /"last" is not known here; known: always, first, never/,
    ],
    [
      'flags that disagree',
      (f) => (f.pre_tokenizer.add_prefix_space = false),
      /"prepend_scheme" must be never, got always/,
    ],
    ['another decoder', (f) => (f.decoder.type = 'WordPiece'), /"WordPiece" is not known here; known: Metaspace/],
    ['another post-processor', (f) => (f.post_processor.type = 'BertProcessing'), /known: TemplateProcessing/],
    [
      'a template id outside',
      (f) => (f.post_processor.special_tokens['</s>'].ids = [9999]),
      /ids must be below \d+, got 9999/,
    ],
    ['an unknown key', (f) => (f.normaliser = null), /key "normaliser" is not known here/],
    ['an unknown setting', (f) => (f.model.dropout = 0.1), /key "dropout" is not known here/],
    ['a piece twice', (f) => (f.model.vocab[5] = f.model.vocab[4]), /must stand once, got it as 4 too/],
    ['a score that is none', (f) => (f.model.vocab[5][1] = 'high'), /must be a finite number, got "high" \(string\)/],
    ['unk_id outside', (f) => (f.model.unk_id = 99_999), /"unk_id" must be below \d+, got 99999/],
    ['charsmap not base64', (f) => (f.normalizer.normalizers[0].precompiled_charsmap = '*'), /must be base64/],
    [
      'charsmap cut off',
      (f) => (f.normalizer.normalizers[0].precompiled_charsmap = 'AAAA'),
      /precompiled_charsmap: must have at least 4 bytes, got 3/,
    ],
  ])('%s is a FormatError that says so', (_, change, message) => {
    expect(broken(change)).toThrow(FormatError);
    expect(broken(change)).toThrow(message);
  });

  it('a character without a piece, in a model without an unknown piece, is a TokenizerError', () => {
    const tokenizer = broken((f) => (f.model.unk_id = null))();
    expect(() => tokenizer.encode('🦥')).toThrow(TokenizerError);
    expect(() => tokenizer.encode('🦥')).toThrow(/no piece for "🦥" and no unknown piece/);
  });
});
