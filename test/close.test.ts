import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finite } from './arbitraries.ts';
import { expectClose, u, ulpsBetween } from './close.ts';
import { runs } from './seed.ts';

const relative = (want: ArrayLike<number>) => (i: number) => u * Math.abs(want[i]);

describe('expectClose', () => {
  it('accepts what is inside the bound, element by element', () => {
    const want = [1, -1000, 0];
    expectClose([1 + u, -1000 * (1 - u), 0], want, relative(want));
  });

  it('tells worst index, values, ulps, bound and count', () => {
    expect(() => expectClose([1, 2.5, 3.25], [1, 2, 3], 0.125)).toThrow(
      '2 of 3 elements outside their bound; worst at 1: got 2.5, want 2, 2097152 ulps apart, error 0.5, bound 0.125',
    );
  });

  it('judges each element by its own bound: the worst is the worst against its bound', () => {
    expect(() => expectClose([10, 1.1], [0, 1], (i) => [9, 0.01][i])).toThrow('worst at 1');
  });

  const planted: [name: string, got: number[], want: number[]][] = [
    ['both negative', [-1], [-5]],
    ['a sign flip', [3, -4], [3, 4]],
    ['NaN for a number', [1, NaN], [1, 2]],
    ['a number for NaN', [1, 2], [1, NaN]],
    ['NaN for NaN', [NaN], [NaN]],
    ['∞ for a number', [Infinity], [1]],
    ['a number for ∞', [3e38], [Infinity]],
    ['−∞ for ∞', [-Infinity], [Infinity]],
    ['the transpose', [1, 3, 2, 4], [1, 2, 3, 4]],
    ['rows shifted by one', [3, 4, 5, 6, 1, 2], [1, 2, 3, 4, 5, 6]],
    ['one element too few', [1, 2], [1, 2, 3]],
    ['one element too many', [1, 2, 3], [1, 2]],
  ];
  it.each(planted)('finds %s', (_name, got, want) => {
    expect(() => expectClose(got, want, (i) => 1e-3 * Math.abs(want[i]))).toThrow();
  });

  it('finds one wrong element among 100,000', () => {
    const want = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i));
    const got = want.slice();
    got[77_777] += 1e-4;
    expect(() => expectClose(got, want, 1e-6)).toThrow('1 of 100000 elements outside their bound; worst at 77777');
  });

  it('finds NaN and ∞ even where every error is allowed', () => {
    expect(() => expectClose([NaN], [1], Infinity)).toThrow('NaN ulps');
    expect(() => expectClose([Infinity], [1], Infinity)).toThrow();
  });

  it('allows nothing where the bound is NaN: that is a mistake of the test', () => {
    expect(() => expectClose([1], [1], NaN)).toThrow('bound NaN');
  });

  it('takes ∞ for ∞ and −0 for 0', () => {
    expectClose([Infinity, -Infinity, -0, 0], [Infinity, -Infinity, 0, -0], 0);
  });

  it('is symmetric in the sign of both sides', () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const passes = (x: number, y: number) => {
          try {
            expectClose([x], [y], 1e-3 * Math.abs(y));
            return true;
          } catch {
            return false;
          }
        };
        expect(passes(-a, -b)).toBe(passes(a, b));
      }),
      runs(200),
    );
  });
});

describe('ulpsBetween', () => {
  it('counts the float32 steps between two numbers, through zero too', () => {
    expect(ulpsBetween(1, 1 + 2 * u)).toBe(1);
    expect(ulpsBetween(1, 1 - u)).toBe(1);
    expect(ulpsBetween(-(2 ** -149), 2 ** -149)).toBe(2);
    expect(ulpsBetween(-0, 0)).toBe(0);
    expect(ulpsBetween(NaN, 0)).toBeNaN();
  });
});
