import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenizerError } from '../../src/errors.ts';
import { checkText, loneSurrogateAt } from '../../src/tokenizer/well-formed.ts';
import { runs } from '../seed.ts';
import { wellFormedText } from './own.ts';

describe('loneSurrogateAt', () => {
  it('finds the first half without its other half', () => {
    expect(loneSurrogateAt('a🙂')).toBe(-1);
    expect(loneSurrogateAt('🙂\ud83d')).toBe(2);
    expect(loneSurrogateAt('a\ude42🙂')).toBe(1);
    expect(loneSurrogateAt('\ud83d\ud83d\ude42')).toBe(0);
  });

  it('finds none in well-formed text, and exactly the one put there', () => {
    const half = fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit));
    fc.assert(
      fc.property(wellFormedText, half, wellFormedText, (before, lone, after) => {
        expect(loneSurrogateAt(before)).toBe(-1);
        expect(loneSurrogateAt(before + lone + after)).toBe(before.length);
      }),
      runs(300),
    );
  });
});

describe('checkText', () => {
  it('tells the index and the half', () => {
    expect(() => checkText('ab\ud800', 'encode')).toThrow(TokenizerError);
    expect(() => checkText('ab\ud800', 'encode')).toThrow(
      'encode: "text" must be well-formed, got the lone surrogate U+D800 at index 2\n  hint: text.toWellFormed()',
    );
  });

  it('takes strings only', () => {
    expect(() => checkText(JSON.parse('7'), 'encode')).toThrow('"text" must be a string, got 7 (number)');
  });
});
