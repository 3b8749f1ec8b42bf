import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { type AddedToken, AddedTokenFinder, readAddedToken } from '../../src/tokenizer/added-tokens.ts';
import { runs } from '../seed.ts';

const token = (content: string, flags: Partial<AddedToken> = {}): AddedToken => ({
  ...{ id: 0, content, lstrip: false, rstrip: false, singleWord: false, normalized: false, special: false },
  ...flags,
});

/** The text with every token found in brackets. */
function marked(tokens: AddedToken[], text: string, wanted: (token: AddedToken) => boolean = () => true): string {
  const segments = new AddedTokenFinder(tokens).split(text, 0, text.length, wanted);
  return segments.map((s) => (s.token ? `[${text.slice(s.start, s.end)}]` : text.slice(s.start, s.end))).join('');
}

describe('AddedTokenFinder', () => {
  it('takes the leftmost literal, the longest of those that begin there', () => {
    const tokens = ['<m>', '<m>>', 'm>>>', '<'].map((content) => token(content));
    expect(marked(tokens, 'a<m>>> <m> <n>')).toBe('a[<m>>]> [<m>] [<]n>');
  });

  it('strips white space left and right: Unicode white space, so not U+FEFF', () => {
    expect(marked([token('<m>', { lstrip: true })], 'a \u3000<m> \ufeff<m>')).toBe('a[ \u3000<m>] \ufeff[<m>]');
    expect(marked([token('<m>', { rstrip: true })], '<m> \u0085 a<m>\ufeff')).toBe('[<m> \u0085 ]a[<m>]\ufeff');
    expect(marked([token('<m>', { lstrip: true, rstrip: true })], ' <m>  <m> ')).toBe('[ <m>  ][<m> ]');
  });

  it('a single word is not touched by letters, marks, digits or connectors', () => {
    const single = [token('<m>', { singleWord: true })];
    expect(marked(single, '<m> .<m>. -<m>-')).toBe('[<m>] .[<m>]. -[<m>]-');
    for (const near of ['a', 'é', '𝔐', '1', '_', '\u0301', '\u200d'])
      expect(marked(single, `${near}<m> <m>${near}`)).toBe(`${near}<m> <m>${near}`);
  });

  it('passes over what is not wanted, and over white space that is taken', () => {
    const tokens = [token('<m>', { special: true }), token('\n'), token('<r>', { rstrip: true })];
    expect(marked(tokens, '<m>\n', ({ special }) => !special)).toBe('<m>[\n]');
    expect(marked(tokens, '<r>\n\n.\n')).toBe('[<r>\n\n].[\n]');
  });

  it('segments cover the text once, in order, and a token without flags is found exactly where indexOf finds it', () => {
    const unit = fc.constantFrom('a', 'b', '<', '>', ' ', '🙂');
    const literal = fc.string({ unit, minLength: 1, maxLength: 3 });
    const flags = fc.record({ lstrip: fc.boolean(), rstrip: fc.boolean(), singleWord: fc.boolean() });
    const tokens = fc.uniqueArray(fc.tuple(literal, flags), { selector: ([content]) => content, maxLength: 5 });
    fc.assert(
      fc.property(tokens, fc.string({ unit, maxLength: 20 }), literal, (list, text, alone) => {
        const finder = new AddedTokenFinder(list.map(([content, flags]) => token(content, flags)));
        let covered = 0;
        for (const { start, end } of finder.split(text, 0, text.length, () => true)) {
          expect(start).toBe(covered);
          expect(end).toBeGreaterThan(start);
          covered = end;
        }
        expect(covered).toBe(text.length);
        expect(marked([token(alone)], text)).toBe(text.replaceAll(alone, `[${alone}]`));
      }),
      runs(500),
    );
  });

  it('looks only inside its bounds', () => {
    const finder = new AddedTokenFinder([token('<m>')]);
    expect(finder.split('<m><m><m>', 1, 8, () => true)).toEqual([
      { start: 1, end: 3 },
      { start: 3, end: 6, token: token('<m>') },
      { start: 6, end: 8 },
    ]);
  });

  it('refuses one literal with two ids', () => {
    expect(() => new AddedTokenFinder([token('x'), token('x', { id: 7 })])).toThrow(FormatError);
    expect(() => new AddedTokenFinder([token('x'), token('x', { id: 7 })])).toThrow(
      '"x" must have one id, got 0 and 7',
    );
  });

  it('stays linear where literals repeat the text', () => {
    const tokens = [1, 2, 255, 256].map((n) => token(`${'a'.repeat(n)}!`));
    expect(marked(tokens, 'a'.repeat(100_000))).toHaveLength(100_000);
  });
});

describe('readAddedToken', () => {
  it('reads flags, false where they are left out', () => {
    expect(readAddedToken({ content: 'x', lstrip: true, special: true }, 3, 'here')).toEqual(
      token('x', { id: 3, lstrip: true, special: true }),
    );
  });

  it.each([
    ['no object', 5, 0, 'must be an object, got 5 (number)\n  in here'],
    ['no content', {}, 0, 'must be a string, got undefined (undefined)\n  in here.content'],
    ['empty content', { content: '' }, 0, 'must have 1 to 256 UTF-16 units, got 0'],
    ['long content', { content: 'x'.repeat(257) }, 0, 'must have 1 to 256 UTF-16 units, got 257'],
    ['flag of another type', { content: 'x', rstrip: 1 }, 0, 'must be true or false, got 1 (number)\n  in here.rstrip'],
    [
      'id of another type',
      { content: 'x' },
      '0',
      'must be a whole number from 0 to 2³¹ − 1, got "0" (string)\n  in here.id',
    ],
    ['half a character', { content: '\ud800' }, 0, 'must be a well-formed string'],
  ])('refuses %s', (_, value, id, message) => {
    expect(() => readAddedToken(value, id, 'here')).toThrow(FormatError);
    expect(() => readAddedToken(value, id, 'here')).toThrow(message);
  });
});
