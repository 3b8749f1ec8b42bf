import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { erfc } from '../../src/kernels/erfc.ts';
import { runs } from '../seed.ts';

/** Fixed-point numbers with 400 fractional bits: room for the cancellation of the alternating series up to x = 8. */
const bits = 400n;
const one = 1n << bits;
const fixed = (x: number): bigint => (BigInt(x * 2 ** 40) << bits) >> 40n; // x is a multiple of 2⁻⁴⁰
const number = (x: bigint): number => Number((x << 200n) >> bits) / 2 ** 200;

/** √π from Machin's π and Newton's root. */
const rootOfPi = ((): bigint => {
  const arctan = (n: bigint): bigint => {
    let [term, sum] = [one / n, one / n];
    for (let k = 3n, sign = -1n; term > 0n; k += 2n, sign = -sign) {
      term /= n * n;
      sum += (sign * term) / k;
    }
    return sum;
  };
  const square = (16n * arctan(5n) - 4n * arctan(239n)) << bits;
  let root = 2n << bits;
  for (let i = 0; i < 20; i++) root = (root + square / root) >> 1n;
  return root;
})();

/** erfc(x) = 1 − 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n!·(2n + 1)): Abramowitz & Stegun 7.1.5 in exact arithmetic. */
function oracle(x: number): number {
  const z = fixed(x);
  const square = (z * z) >> bits;
  let [term, sum] = [z, z];
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = -((term * square) >> bits) / n;
    sum += term / (2n * n + 1n);
  }
  return number(one - ((2n * sum) << bits) / rootOfPi);
}

const places = fc.integer({ min: 0, max: 8 * 2 ** 20 }).map((n) => n * 2 ** -20);

describe('erfc', () => {
  it('is 1 at 0, and known at 1', () => {
    expect(erfc(0)).toBeCloseTo(1, 15);
    expect(Math.abs(erfc(1) - 0.15729920705028513)).toBeLessThan(2 ** -54);
    expect(Math.abs(oracle(1) - 0.15729920705028513)).toBeLessThan(2 ** -54);
  });

  it('keeps all its digits from 0 to 8, where it is 1e-29', () => {
    fc.assert(
      fc.property(places, (x) => {
        const want = oracle(x);
        expect(Math.abs(erfc(x) - want)).toBeLessThanOrEqual((3 + 2 * x * x) * 2 ** -52 * want);
      }),
      runs(300),
    );
  });

  it('erfc(−x) = 2 − erfc(x)', () => {
    fc.assert(
      fc.property(places, (x) => {
        expect(Math.abs(erfc(-x) - (2 - oracle(x)))).toBeLessThanOrEqual(4 * 2 ** -52);
      }),
      runs(100),
    );
  });

  it('ends at 0 and 2, and passes NaN on', () => {
    expect([erfc(Infinity), erfc(-Infinity), erfc(30), erfc(-30), erfc(Number.NaN)]).toEqual([0, 2, 0, 2, Number.NaN]);
  });
});
