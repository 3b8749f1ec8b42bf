import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { Charsmap } from '../../src/tokenizer/charsmap.ts';
import { clusterEnd } from '../../src/tokenizer/graphemes.ts';
import { readSpieceModel } from '../../src/tokenizer/spiece-model.ts';
import { runs } from '../seed.ts';
import { ownModel } from './own-unigram.ts';

const bytesOf = (model: string) => readSpieceModel(ownModel(model)).charsmap;
const own = new Charsmap(bytesOf('rules'), 'test');
const full = new Charsmap(bytesOf('t5'), 'test');

describe('Charsmap', () => {
  it('worked example: of the rules ab → ba and aba → c d, the longest and the shortest', () => {
    expect([own.longest('xaba!', 1), own.end]).toEqual(['c d', 4]);
    expect([own.shortest('xaba!', 1, 5), own.end]).toEqual(['ba', 3]);
    expect([own.longest('abb', 0), own.end]).toEqual(['ba', 2]);
    expect(own.longest('bab', 0)).toBeUndefined();
    expect(own.longest('\u200b', 0)).toBe('');
  });

  it('every character that NFKC changes and the file knows becomes its NFKC form, white space apart', () => {
    let known = 0;
    for (let point = 0x80; point < 0x30000; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const character = String.fromCodePoint(point);
      const form = character.normalize('NFKC');
      const found = full.longest(character, 0);
      if (form === character || found === undefined || /\s/u.test(form) || found.trim() === '') continue;
      expect(found, point.toString(16)).toBe(form);
      known++;
    }
    expect(known).toBeGreaterThan(4000);
  });

  it('a walk ends inside the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        if (full.longest(text, 0) !== undefined) expect(full.end > 0 && full.end <= text.length).toBe(true);
      }),
      runs(300),
    );
  });

  const changed = (change: (bytes: Uint8Array, view: DataView) => void) => () => {
    const bytes = bytesOf('rules').slice();
    change(bytes, new DataView(bytes.buffer));
    return new Charsmap(bytes, 'file');
  };
  it.each<[string, () => unknown, RegExp]>([
    ['nothing', () => new Charsmap(new Uint8Array(3), 'file'), /must have at least 4 bytes, got 3\n {2}in file/],
    [
      'a size beyond the file',
      changed((_, v) => v.setUint32(0, 1 << 30, true)),
      /size must be a multiple of 1024 below \d+, got 1073741824/,
    ],
    ['an odd size', changed((_, v) => v.setUint32(0, 1025, true)), /multiple of 1024 below \d+, got 1025/],
    ['no zero at the end', changed((b) => b.fill(65, -1)), /must end with a zero byte/],
    ['a replacement that is not UTF-8', changed((b) => b.fill(0xff, -3, -1)), /must be UTF-8/],
    ['a root that leads nowhere', changed((_, v) => v.setUint32(4, 0, true)), /the root unit must lead to a block/],
    [
      'a unit that leads outside',
      changed((_, v) => v.setUint32(8, 0x7ffffe01, true)),
      /unit 1 must lead to a slot below \d+/,
    ],
    [
      'a value outside',
      changed((_, v) => v.setUint32(8, 0xffffffff, true)),
      /unit 1 must point into the replacements, got 2147483647/,
    ],
  ])('%s is a FormatError that says so', (_, make, message) => {
    expect(make).toThrow(FormatError);
    expect(make).toThrow(message);
  });

  it('a replacement of a megabyte is refused: texts would explode', () => {
    const trie = bytesOf('rules');
    const size = new DataView(trie.buffer, trie.byteOffset).getUint32(0, true);
    const bytes = new Uint8Array(4 + size + (1 << 20)).fill(65);
    bytes.set(trie.subarray(0, 4 + size));
    bytes[bytes.length - 1] = 0;
    expect(() => new Charsmap(bytes, 'file')).toThrow(/at most 256 bytes, got 1048575/);
  });
});

describe('clusterEnd', () => {
  it('finds the first cluster of Intl.Segmenter where that has fewer than six bytes', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    const unit = fc.constantFrom(
      'a',
      'é',
      '\u0301',
      '\u0323',
      '\r',
      '\n',
      '\u200d',
      '\u200b',
      '\u0903',
      '\u0600',
      'ﬁ',
      '½',
      '\u00ad',
      '\u0e33',
    );
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 5 }), (characters) => {
        const text = characters.join('');
        const [{ segment }] = segmenter.segment(text);
        fc.pre(Buffer.byteLength(segment) < 6);
        expect(clusterEnd(text, 0)).toBe(segment.length);
      }),
      runs(500),
    );
  });
});
