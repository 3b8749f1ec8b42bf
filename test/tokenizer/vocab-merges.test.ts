import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatonError, FormatError } from '../../src/errors.ts';
import { readRoles } from '../../src/tokenizer/roles.ts';
import { bpeFromVocabAndMerges, readMerges } from '../../src/tokenizer/vocab-merges.ts';
import { runs } from '../seed.ts';
import { own, ownFile } from './own.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const load = (vocab: string, merges = '') => bpeFromVocabAndMerges({ vocab: utf8(vocab), merges: utf8(merges) });

describe('readMerges', () => {
  it('takes a version line, both line ends, and empty lines at the end', () => {
    expect(readMerges('#version: 0.2\r\na b\r\n# #\r\n\r\n', 'm')).toEqual([
      { merge: ['a', 'b'], line: 2 },
      { merge: ['#', '#'], line: 3 },
    ]);
    expect(readMerges('', 'm')).toEqual([]);
  });

  it.each(['a', 'a ', ' b', 'a b c', 'a  b', ''])('refuses the line %j and tells its number', (line) => {
    expect(() => readMerges(`#version: 0.2\na b\n${line}\nc d`, 'm.txt')).toThrow(FormatError);
    expect(() => readMerges(`#version: 0.2\na b\n${line}\nc d`, 'm.txt')).toThrow(
      `a merge must be two pieces with one space between, got ${JSON.stringify(line)}\n  in m.txt line 3`,
    );
  });
});

describe('bpeFromVocabAndMerges', () => {
  it.each([
    ['not JSON', '{', '', 'the file must be JSON: '],
    ['no object', '[]', '', 'must be an object, got [] (object)\n  in vocab.json'],
    ['an id of another type', '{"a":"0"}', '', 'got "0" (string)\n  in vocab.json["a"]'],
    ['a negative id', '{"a":-1}', '', 'must be a whole number from 0 to 2³¹ − 1, got -1'],
    ['an id with a fraction', '{"a":0.5}', '', 'got 0.5'],
    ['an id twice', '{"a":0,"b":0}', '', 'id 0 must belong to one piece, got "a" and "b"\n  in vocab.json'],
    ['a hole', '{"a":0,"b":2}', '', 'ids must run from 0 without holes, got 2 among 2 pieces and nothing at 1'],
    ['a huge id', '{"a":2147483647}', '', 'ids must run from 0 without holes, got 2147483647'],
    ['half a character', '{"\\ud800":0}', '', 'must be a well-formed string'],
    ['an unknown piece', '{"a":0,"b":1}', '#version: 0.2\na b', 'needs "ab" in the vocabulary\n  in merges.txt line 2'],
    ['a merge twice', '{"a":0,"aa":1}', 'a a\na a', 'must stand once, see merges.txt line 1\n  in merges.txt line 2'],
  ])('refuses %s', (_, vocab, merges, message) => {
    expect(() => load(vocab, merges)).toThrow(FormatError);
    expect(() => load(vocab, merges)).toThrow(message);
  });

  it('refuses bytes that are not UTF-8, by the name of the file', () => {
    const names = ['encoder.json', 'vocab.bpe'] as const;
    const bad = { vocab: utf8('{}'), merges: Uint8Array.of(0xff), names };
    expect(() => bpeFromVocabAndMerges(bad)).toThrow('the file must be UTF-8 text\n  in vocab.bpe');
  });

  it('a piece may be called __proto__ or constructor', () => {
    const tokenizer = load('{"__proto__":0,"constructor":1}');
    expect(tokenizer.pieceToId('__proto__')).toBe(0);
    expect(tokenizer.pieceToId('toString')).toBeUndefined();
  });

  it('takes roles, added tokens and settings of the config', () => {
    const files = { vocab: ownFile('vocab.json'), merges: ownFile('merges.txt') };
    const roles = readRoles({
      tokenizer_config: { add_bos_token: true, add_prefix_space: true, pad_token: '[PAD]', unk_token: null },
      added_tokens: { '[PAD]': own.vocabSize },
    });
    const tokenizer = bpeFromVocabAndMerges(files, roles);
    expect(tokenizer.vocabSize).toBe(own.vocabSize + 1);
    expect(tokenizer.special).toEqual({ bos: 0, eos: 0, unk: undefined, pad: 520, all: new Set([0, 520]) });
    const { ids } = tokenizer.encode('the[PAD]');
    expect(ids).toEqual([0, ...own.encode(' the').ids, 520]);
    expect(tokenizer.encode('the[PAD]', { add_special_tokens: false }).ids).toEqual(ids.slice(1));
  });

  it('refuses a role whose literal has no id, with the nearest pieces', () => {
    const files = { vocab: ownFile('vocab.json'), merges: ownFile('merges.txt') };
    const roles = readRoles({ tokenizer_config: { eos_token: '<endoftext>' } });
    expect(() => bpeFromVocabAndMerges(files, roles)).toThrow(FormatError);
    expect(() => bpeFromVocabAndMerges(files, roles)).toThrow(
      '"<endoftext>" is not in the vocabulary of 520 pieces\n  in eos_token of the tokenizer\'s config\n  nearest: <|endoftext|>',
    );
  });

  it('refuses to add a token that there is not', () => {
    const files = { vocab: ownFile('vocab.json'), merges: ownFile('merges.txt') };
    const roles = readRoles({ tokenizer_config: { add_bos_token: true, bos_token: null } });
    expect(() => bpeFromVocabAndMerges(files, roles)).toThrow('"add_bos_token" needs a "bos_token"');
  });

  it('refuses an added token that contradicts the vocabulary', () => {
    const files = { vocab: ownFile('vocab.json'), merges: ownFile('merges.txt') };
    const roles = readRoles({ added_tokens: { '<|endoftext|>': 7 } });
    expect(() => bpeFromVocabAndMerges(files, roles)).toThrow('must have the id 0 of the vocabulary, got 7');
  });

  it('any changed byte gives a tokenizer or a typed error', () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom('vocab', 'merges'),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (which, changes) => {
          const files = {
            vocab: Uint8Array.from(ownFile('vocab.json')),
            merges: Uint8Array.from(ownFile('merges.txt')),
          };
          for (const [at, byte] of changes)
            files[which as 'vocab' | 'merges'][at % files[which as 'vocab' | 'merges'].length] = byte;
          try {
            const tokenizer = bpeFromVocabAndMerges(files);
            expect(tokenizer.decode(tokenizer.encode('ab').ids)).toBe('ab');
          } catch (error) {
            expect(error).toBeInstanceOf(BatonError);
          }
        },
      ),
      runs(150),
    );
  });
});
