import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { type Merge, Merges } from '../../src/tokenizer/merges.ts';
import { runs } from '../seed.ts';

const place = (rank: number) => `merge ${rank}`;

function vocabOf(pieces: readonly string[]): Map<string, number> {
  return new Map(pieces.map((piece, id) => [piece, id]));
}

/** Applies merges to single letters and spells the result. */
function merge(merges: readonly Merge[], word: string): string[] {
  const pieces = [...new Set(['a', 'b', 'c', ...word, ...merges.flatMap(([l, r]) => [l, r, l + r])])];
  const vocab = vocabOf(pieces);
  const symbols = Int32Array.from(word, (letter) => vocab.get(letter)!);
  const left = new Merges(vocab, pieces.length, merges, place).apply(symbols, symbols.length);
  return Array.from(symbols.slice(0, left), (id) => pieces[id]);
}

/** The definition: look at every pair, replay the best merge, begin again. */
function replay(merges: readonly Merge[], word: string): string[] {
  const ranks = new Map(merges.map((pair, rank) => [pair.join(' '), rank]));
  const parts = [...word];
  for (;;) {
    const found = parts.map((part, i) => ranks.get(`${part} ${parts[i + 1]}`) ?? Number.POSITIVE_INFINITY);
    const best = Math.min(...found);
    if (best === Number.POSITIVE_INFINITY) return parts;
    const at = found.indexOf(best);
    parts.splice(at, 2, parts[at] + parts[at + 1]);
  }
}

/** Lists of merges in which every part is a letter or the result of an earlier merge, in any order of ranks. */
const anyMerges = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }).chain((choices) => {
  const pieces = ['a', 'b', 'c'];
  const merges = new Map<string, Merge>();
  for (const [l, r] of choices) {
    const pair = [pieces[l % pieces.length], pieces[r % pieces.length]] as const;
    merges.set(pair.join(' '), pair);
    if (!pieces.includes(pair.join(''))) pieces.push(pair.join(''));
  }
  const list = [...merges.values()];
  return fc.shuffledSubarray(list, { minLength: list.length });
});

describe('Merges.apply', () => {
  it('goes by rank, not by position: "lower" is low + er', () => {
    const merges: Merge[] = [
      ['l', 'o'],
      ['e', 'r'],
      ['lo', 'w'],
      ['w', 'er'],
    ];
    expect(merge(merges, 'lower')).toEqual(['low', 'er']);
    expect(merge([merges[0], merges[1], merges[3], merges[2]], 'lower')).toEqual(['lo', 'wer']);
  });

  it('takes the leftmost of equals: aaa is aa + a', () => {
    expect(merge([['a', 'a']], 'aaa')).toEqual(['aa', 'a']);
  });

  it('gives what replaying the best merge step by step gives', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 });
    fc.assert(
      fc.property(anyMerges, word, (merges, word) => {
        expect(merge(merges, word)).toEqual(replay(merges, word));
      }),
      runs(1000),
    );
  });

  it('leaves nothing and one symbol as they are', () => {
    expect(merge([['a', 'b']], '')).toEqual([]);
    expect(merge([['a', 'b']], 'a')).toEqual(['a']);
  });
});

describe('new Merges', () => {
  const build = (pieces: string[], merges: Merge[]) => () => new Merges(vocabOf(pieces), pieces.length, merges, place);

  it('refuses a merge of or into an unknown piece, and names it', () => {
    expect(build(['a', 'ab'], [['a', 'b']])).toThrow(FormatError);
    expect(build(['a', 'ab'], [['a', 'b']])).toThrow('the merge "a" + "b" needs "b" in the vocabulary\n  in merge 0');
    expect(build(['a', 'b'], [['a', 'b']])).toThrow('needs "ab" in the vocabulary');
  });

  it('refuses the same pair twice, with both places', () => {
    const twice: Merge[] = [
      ['a', 'b'],
      ['a', 'b'],
    ];
    expect(build(['a', 'b', 'ab'], twice)).toThrow('must stand once, see merge 0\n  in merge 1');
  });
});
