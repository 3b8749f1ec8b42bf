import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordEnd } from '../../src/tokenizer/words.ts';
import { runs } from '../seed.ts';
import { wellFormedText } from './own.ts';

function words(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = wordEnd(text, at);
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

/** The published pattern, with Unicode's white space in place of JavaScript's. */
const pattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

describe('wordEnd', () => {
  it('keeps one space with the word behind it and cuts contractions off', () => {
    expect(words("We'll see:  3 mills, isn't it?")).toEqual([
      'We',
      "'ll",
      ' see',
      ':',
      ' ',
      ' 3',
      ' mills',
      ',',
      ' isn',
      "'t",
      ' it',
      '?',
    ]);
    expect(words('a \n b')).toEqual(['a', ' \n', ' b']);
    expect(words('a\n\nb')).toEqual(['a', '\n', '\n', 'b']);
    expect(words('a  ')).toEqual(['a', '  ']);
    expect(words("'S ''s")).toEqual(["'", 'S', " ''", 's']);
  });

  it('cuts as the pattern does', () => {
    fc.assert(
      fc.property(wellFormedText, (text) => {
        expect(words(text)).toEqual(text.match(pattern) ?? []);
      }),
      runs(1000),
    );
  });

  it('cuts as the pattern does between any two characters of the classes it names', () => {
    const kinds = [
      'a',
      'é',
      '𝔐',
      '1',
      '½',
      '.',
      "'",
      '🙂',
      ' ',
      '\n',
      '\u3000',
      '\u0085',
      '\ufeff',
      '\u0301',
      's',
      'l',
    ];
    const text = fc.array(fc.constantFrom(...kinds), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (text) => {
        expect(words(text)).toEqual(text.match(pattern) ?? []);
      }),
      runs(1000),
    );
  });
});
