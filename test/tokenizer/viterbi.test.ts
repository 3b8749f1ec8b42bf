import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceTrie } from '../../src/tokenizer/piece-trie.ts';
import { segment, type UnigramModel } from '../../src/tokenizer/viterbi.ts';
import { runs } from '../seed.ts';

const model = (pieces: Record<string, number>, single = false): UnigramModel => {
  const scores = Object.values(pieces);
  return {
    trie: new PieceTrie(Object.keys(pieces)),
    scores: single ? Float32Array.from(scores) : Float64Array.from(scores),
    unkScore: Math.min(...scores) - 10,
    unkId: -1,
  };
};

/** Scores of all ways to cut `text`, by recursion. */
function* scoresOfAll(text: string, pieces: Record<string, number>, unk: number): Generator<number> {
  if (text === '') yield 0;
  for (let end = 1; end <= text.length; end++) {
    const head = text.slice(0, end);
    const score = pieces[head] ?? (end === 1 ? unk : undefined);
    if (score !== undefined) for (const rest of scoresOfAll(text.slice(end), pieces, unk)) yield score + rest;
  }
}

describe('segment', () => {
  it('worked example: one long piece of −3 beats two short ones of −2, and loses to −1 and −1', () => {
    expect(segment('ab', model({ a: -2, b: -2, ab: -3 }))).toEqual({ ids: [2], ends: [2] });
    expect(segment('ab', model({ a: -1, b: -1, ab: -3 }))).toEqual({ ids: [0, 1], ends: [1, 2] });
  });

  it('among equal scores the smaller start wins', () => {
    expect(segment('ab', model({ a: -1, b: -1, ab: -2 })).ids).toEqual([2]);
    expect(segment('abc', model({ a: -1, b: -1, c: -1, ab: -2, bc: -2 })).ids).toEqual([0, 4]);
  });

  it('characters without a piece cost the worst score and 10, and are kept one by one', () => {
    expect(segment('a🙂?a', model({ a: -1 }))).toEqual({ ids: [0, -1, -1, 0], ends: [1, 3, 4, 5] });
  });

  // Dyadic scores: sums are exact in any order.
  const pieces = fc.dictionary(
    fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }),
    fc.integer({ min: -64, max: 0 }).map((n) => n / 8),
    { minKeys: 1, maxKeys: 12 },
  );

  it.each([true, false])('the score is that of the best segmentation, by brute force (float32: %s)', (single) => {
    fc.assert(
      fc.property(pieces, fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 9 }), (vocab, text) => {
        const made = model(vocab, single);
        const { ids } = segment(text, made);
        const score = ids.reduce((sum, id) => sum + (id < 0 ? made.unkScore : made.scores[id]), 0);
        expect(score).toBe(Math.max(...scoresOfAll(text, vocab, made.unkScore)));
      }),
      runs(300),
    );
  });

  it('pieces joined are the text', () => {
    fc.assert(
      fc.property(pieces, fc.string({ unit: 'binary' }), (vocab, text) => {
        const { ids, ends } = segment(text, model(vocab));
        expect(ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end)).join('')).toBe(text);
        expect(ids).toHaveLength(ends.length);
      }),
      runs(200),
    );
  });

  it('float32 sums stay sharp on long texts: a quarter still counts after a million characters', () => {
    // Beyond 2²³ float32 knows whole numbers only: −18.25 and −9 − 9 would be equal, and the long piece come first.
    const { ids } = segment('ab'.repeat(500_000), model({ a: -9, b: -9, ab: -18.25 }, true));
    expect(ids.includes(2)).toBe(false);
  });
});

describe('PieceTrie', () => {
  it('knows its strings and no others', () => {
    const strings = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom('a', 'b', '▁', '\ud83d'), minLength: 1, maxLength: 5 }),
    );
    fc.assert(
      fc.property(strings, fc.string({ unit: fc.constantFrom('a', 'b', '▁', '\ud83d'), maxLength: 8 }), (all, text) => {
        const trie = new PieceTrie(all);
        const longest = all.filter((s) => text.startsWith(s)).reduce((most, s) => Math.max(most, s.length), 0);
        expect(trie.longest(text, 0)).toBe(longest);
        for (const s of all) {
          let node = 0;
          for (let i = 0; i < s.length; i++) node = trie.step(node, s.charCodeAt(i));
          expect(trie.idAt(node)).toBe(all.indexOf(s));
        }
      }),
      runs(300),
    );
  });
});
