import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random, randomSeed, xoshiro } from '../../src/generate/random.ts';
import { runs } from '../seed.ts';

describe('random', () => {
  it('steps xoshiro128** as its definition does: rotl(5·s₁, 7)·9, worked out by hand from 1, 2, 3, 4', () => {
    const generator = xoshiro(1, 2, 3, 4);
    // s₁ = 2 → 10·2⁷·9; then the state is 7, 0, 1026, 12288 → 0; then 12295, 1029, 1029·…
    expect([generator.next(), generator.next()]).toEqual([11520, 0]);
  });

  it('gives numbers in [0, 1), the same for the same seed and stream, others for others', () => {
    const ten = (seed: number, stream: number): number[] => {
      const source = random(seed, stream);
      return Array.from({ length: 10 }, () => source.coin());
    };
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), fc.nat(1000), (seed, stream) => {
        const coins = ten(seed, stream);
        expect(coins.every((c) => c >= 0 && c < 1)).toBe(true);
        expect(ten(seed, stream)).toEqual(coins);
        expect(ten(seed, stream + 1)).not.toEqual(coins);
        expect(ten(seed === Number.MAX_SAFE_INTEGER ? 0 : seed + 1, stream)).not.toEqual(coins);
      }),
      runs(100),
    );
    expect(ten(1, 0)).not.toEqual(ten(1 + 2 ** 32, 0));
  });

  it('fills the interval evenly: χ² of 64 boxes, over one stream and over the first coins of many streams', () => {
    const chi2 = (coins: number[]): number => {
      const boxes = new Float64Array(64);
      for (const c of coins) boxes[Math.floor(c * 64)]++;
      const expected = coins.length / 64;
      return boxes.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    };
    const source = random(7);
    const one = Array.from({ length: 64_000 }, () => source.coin());
    const many = Array.from({ length: 64_000 }, (_, stream) => random(7, stream).coin());
    // 63 degrees of freedom: mean 63, σ √126 = 11.2; 103.4 is passed once in a thousand
    expect(chi2(one)).toBeLessThan(103.4);
    expect(chi2(many)).toBeLessThan(103.4);
  });

  it('chooses seeds that a call can repeat', () => {
    for (let i = 0; i < 20; i++) expect(Number.isSafeInteger(randomSeed())).toBe(true);
  });
});
