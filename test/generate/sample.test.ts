import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumericError } from '../../src/errors.ts';
import { random } from '../../src/generate/random.ts';
import { best, draw, drawDistinct, logSoftmax, logTotal, probabilities } from '../../src/generate/sample.ts';
import { runs } from '../seed.ts';

/** Scores whose probabilities are these. */
const logs = (probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log);
const coin = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
/** Probabilities in 64ths, some of them 0: their sums are exact. */
const weights = fc.array(fc.nat(8), { minLength: 1, maxLength: 12 }).map((list) => list.with(0, list[0] + 1));

describe('draw', () => {
  it('puts the tokens side by side and takes the one under the coin', () => {
    const scores = logs([0.25, 0, 0.5, 0.25]);
    expect([0, 0.2499, 0.2501, 0.7499, 0.7501, 0.9999].map((c) => draw(scores, c))).toEqual([0, 0, 2, 2, 3, 3]);
  });

  it('takes the token where the coin falls in the cumulative sum', () => {
    fc.assert(
      fc.property(weights, coin, (list, c) => {
        const total = list.reduce((a, b) => a + b, 0);
        const id = draw(logs(list), c);
        const below = list.slice(0, id).reduce((a, b) => a + b, 0);
        expect(list[id]).toBeGreaterThan(0);
        expect(c).toBeGreaterThanOrEqual((below / total) * (1 - 1e-6));
        expect(c).toBeLessThanOrEqual(((below + list[id]) / total) * (1 + 1e-6));
      }),
      runs(300),
    );
  });

  it('does not depend on a constant added to every score', () => {
    fc.assert(
      fc.property(weights, coin, fc.integer({ min: -20, max: 20 }), (list, c, shift) => {
        const scores = Float32Array.from(list, (n) => n);
        const shifted = scores.map((s) => s + shift);
        expect(draw(shifted, c)).toBe(draw(scores, c));
      }),
      runs(100),
    );
  });

  it('draws as often as the probabilities say: χ² over 60,000 draws with a fixed seed', () => {
    const p = [0.4, 0.3, 0.15, 0.1, 0.05];
    const [source, scores, counts] = [random(11), logs(p), [0, 0, 0, 0, 0]];
    for (let i = 0; i < 60_000; i++) counts[draw(scores, source.coin())]++;
    const chi2 = p.reduce((sum, q, i) => sum + (counts[i] - 60_000 * q) ** 2 / (60_000 * q), 0);
    expect(chi2).toBeLessThan(18.5); // 4 degrees of freedom, once in a thousand
  });

  it('says so when nothing may be drawn', () => {
    for (const choose of [
      best,
      (s: Float32Array) => draw(s, 0.5),
      (s: Float32Array) => drawDistinct(s, 1, random(1)),
    ]) {
      expect(() => choose(new Float32Array(3).fill(-Infinity))).toThrow(NumericError);
      expect(() => choose(new Float32Array(3).fill(-Infinity))).toThrow('every token is at −∞');
    }
  });
});

describe('drawDistinct', () => {
  it('draws every token once, those with probability before those without', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 14 }), fc.nat(1000), (list, k, seed) => {
        const ids = [...drawDistinct(logs(list), k, random(seed))];
        const possible = list.filter((n) => n > 0).length;
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.length).toBe(Math.min(k, list.length));
        expect(ids.slice(0, possible).every((id) => list[id] > 0)).toBe(true);
      }),
      runs(200),
    );
  });

  it('draws the second from what the first left: χ² over ordered pairs', () => {
    const p = [0.5, 0.3, 0.2];
    const [source, scores, counts] = [random(3), logs(p), new Map<string, number>()];
    for (let i = 0; i < 30_000; i++) {
      const pair = drawDistinct(scores, 2, source).join();
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    let chi2 = 0;
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 2],
      [2, 0],
      [2, 1],
    ]) {
      const expected = (30_000 * p[a] * p[b]) / (1 - p[a]);
      chi2 += ((counts.get(`${a},${b}`) ?? 0) - expected) ** 2 / expected;
    }
    expect(chi2).toBeLessThan(20.6); // 5 degrees of freedom, once in a thousand
  });
});

describe('best, logSoftmax, probabilities', () => {
  it('takes the first of equal best ones', () => {
    expect(best(Float32Array.of(1, 3, 3, -Infinity))).toBe(1);
  });

  it('turns scores into logs of plain fractions', () => {
    const scores = logs([3, 1, 4]);
    logSoftmax(scores);
    expect([...scores].map((s) => Math.round(Math.exp(s) * 8e5) / 1e5)).toEqual([3, 1, 4]);
    expect(logTotal(logs([3, 1, 4]))).toBeCloseTo(Math.log(8), 6);
    expect([...probabilities([logs([1, 3]), logs([1, 0])])]).toEqual([0.25, 0.75, 1, 0]);
  });
});
