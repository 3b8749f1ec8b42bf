import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumericError } from '../../../src/errors.ts';
import { softmax } from '../../../src/kernels/softmax.ts';
import { permutation, real, row, smallInt, tensor } from '../../arbitraries.ts';
import { expectClose, u } from '../../close.ts';
import { runs } from '../../seed.ts';
import { Naive } from '../naive.ts';
import { type Lab, unless, type Without } from './lab.ts';

const someRow = fc.integer({ min: 1, max: 20 }).chain((n) => row(n));

export function softmaxContract(lab: () => Lab, { notFinite }: Without): void {
  const of = (values: ArrayLike<number>) => lab().floats([values.length], values);
  const probabilities = (values: ArrayLike<number>) => lab().run(() => softmax(of(values)));
  /** Relative error of a probability: exp and its argument, the sum and the division. */
  const bound = (want: ArrayLike<number>) => lab().bound(want, 40 + want.length, (i) => want[i]);

  describe('softmax', () => {
    it('turns logarithms into fractions', async () => {
      const got = await probabilities([Math.log(3), Math.log(1), Math.log(4)]);
      expectClose(got, [3 / 8, 1 / 8, 4 / 8], 8 * u);
    });

    it('adding a whole number to whole logits changes nothing', async () => {
      const whole = fc.array(smallInt, { minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(whole, fc.integer({ min: -1000, max: 1000 }), async (x, shift) => {
          expect(await probabilities(x.map((v) => v + shift))).toEqual(await probabilities(x));
        }),
        runs(100),
      );
    });

    it('adding any number changes no more than the rounding of the logits', async () => {
      await fc.assert(
        fc.asyncProperty(someRow, real, async (x, shift) => {
          const moved = Float32Array.from(x, (v) => v + shift);
          const want = await probabilities(x);
          const rounding = 4 * u * (Math.max(...x.map(Math.abs)) + Math.abs(shift));
          expectClose(await probabilities(moved), want, (i) => rounding * want[i] + 100 * u * want[i] + 2 ** -149);
        }),
        runs(100),
      );
    });

    it('rows sum to 1, entries lie between 0 and 1, and larger logits have no smaller probability', async () => {
      await fc.assert(
        fc.asyncProperty(someRow, async (x) => {
          const y = await probabilities(x);
          const sum = y.reduce((total, p) => total + p, 0);
          expectClose([sum], [1], lab().arithmetic === 'float64' ? x.length * u : (x.length + 40) * u);
          for (const [i, p] of y.entries()) {
            expect(p >= 0 && p <= 1).toBe(true);
            for (const [j, q] of y.entries()) if (x[i] < x[j]) expect(p).toBeLessThanOrEqual(q);
          }
        }),
        runs(100),
      );
    });

    it('permuting the logits permutes the probabilities', async () => {
      const shuffled = someRow.chain((x) => fc.tuple(fc.constant(x), permutation(x.length)));
      await fc.assert(
        fc.asyncProperty(shuffled, async ([x, order]) => {
          const y = await probabilities(x);
          const want = order.map((i) => y[i]);
          expectClose(await probabilities(order.map((i) => x[i])), want, (i) => 3 * x.length * u * want[i] + 2 ** -149);
        }),
        runs(100),
      );
    });

    it('an entry of −∞ gets exactly 0 and leaves the rest as if it were not there', async () => {
      await fc.assert(
        fc.asyncProperty(someRow, fc.nat(), async (x, seed) => {
          const at = seed % (x.length + 1);
          const y = await probabilities([...x.slice(0, at), -Infinity, ...x.slice(at)]);
          const shorter = await probabilities(x);
          expect(y[at]).toBe(0);
          const rest = y.filter((_, i) => i !== at);
          if (lab().arithmetic === 'float64') expect(rest).toEqual(shorter);
          else expectClose(rest, shorter, bound(shorter));
        }),
        runs(100),
      );
    });

    it('equal logits share equally, and two logits give the logistic function', async () => {
      await fc.assert(
        fc.asyncProperty(real, real, fc.integer({ min: 1, max: 20 }), async (a, b, n) => {
          const equal = await probabilities(new Array(n).fill(a));
          expectClose(equal, new Array(n).fill(1 / n), bound(new Array(n).fill(1 / n)));
          const logistic = 1 / (1 + Math.exp(b - a));
          expectClose((await probabilities([a, b])).subarray(0, 1), [logistic], bound([logistic]));
        }),
        runs(100),
      );
    });

    it('does not overflow on large logits', async () => {
      expect([...(await probabilities([1e38, 1e38, -1e38]))]).toEqual([0.5, 0.5, 0]);
      expect([...(await probabilities([-3e38, -Infinity]))]).toEqual([1, 0]);
    });

    it('scale, bias and mask, broadcast over rows, are what the naive softmax makes of them', async () => {
      const cases = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 })).chain(([rows, n]) =>
        fc.record({
          x: tensor([2, rows, n]),
          bias: tensor([rows, n]),
          mask: fc.array(fc.boolean(), { minLength: n, maxLength: n }).map((m) => m.with(0, true)),
          scale: fc.constantFrom(1, 0.125, 0.3),
        }),
      );
      await fc.assert(
        fc.asyncProperty(cases, async ({ x, bias, mask, scale }) => {
          const [, rows, n] = x.shape;
          const want = Array.from({ length: 2 * rows }, (_, r) => {
            const b = [...bias.data.subarray((r % rows) * n, ((r % rows) + 1) * n)];
            return new Naive().softmax([...x.data.subarray(r * n, (r + 1) * n)], scale, b, mask);
          }).flat();
          const got = await lab().run(() =>
            softmax(lab().of(x), { scale, bias: lab().of(bias), mask: lab().mask([1, n], mask.map(Number)) }),
          );
          expectClose(
            got,
            want,
            lab().bound(want, 200 + n, (i) => want[i]),
          );
        }),
        runs(60),
      );
    });

    it('a causal row is the softmax of the columns it sees, whatever stands behind them', async () => {
      const cases = fc
        .tuple(fc.integer({ min: 1, max: 5 }), fc.nat(5))
        .chain(([T, past]) => fc.tuple(fc.constant(past), tensor([T, past + T]), fc.nat(4)));
      await fc.assert(
        fc.asyncProperty(cases, async ([past, x, junk]) => {
          const [T, S] = x.shape;
          const future = { shape: x.shape, data: x.data.map((v, i) => (i % S > past + Math.floor(i / S) ? junk : v)) };
          const got = await lab().run(() => softmax(lab().of(x), { past }));
          expect(await lab().run(() => softmax(lab().of(future), { past }))).toEqual(got);
          for (let t = 0; t < T; t++) {
            const seen = past + t + 1;
            const alone = await probabilities(x.data.subarray(t * S, t * S + seen));
            expect(got.subarray(t * S, t * S + seen)).toEqual(alone);
            expect(got.subarray(t * S + seen, (t + 1) * S).every((p) => p === 0)).toBe(true);
          }
        }),
        runs(60),
      );
    });

    it('the last rows of a full causal pass equal a chunk with the rest as its past', async () => {
      const cases = fc
        .tuple(fc.integer({ min: 1, max: 6 }), fc.nat(5))
        .chain(([T, past]) => fc.tuple(fc.constant(past), tensor([past + T, past + T])));
      await fc.assert(
        fc.asyncProperty(cases, async ([past, x]) => {
          const S = x.shape[1];
          const whole = await lab().run(() => softmax(lab().of(x), { past: 0 }));
          const tail = lab();
          const chunk = await tail.run(() => softmax(tail.floats([S - past, S], x.data.subarray(past * S)), { past }));
          expect(chunk).toEqual(whole.subarray(past * S));
        }),
        runs(60),
      );
    });

    it('a row with nothing allowed is an error, or zeros where asked for', async () => {
      const [x, mask] = [() => lab().floats([2, 2], [1, 2, 3, 4]), () => lab().mask([2, 2], [1, 1, 0, 0])];
      await expect(lab().run(() => softmax(x(), { mask: mask() }))).rejects.toThrow(NumericError);
      await expect(lab().run(() => softmax(x(), { mask: mask() }))).rejects.toThrow('row 1 has nothing allowed');
      const got = await lab().run(() => softmax(x(), { mask: mask(), emptyRows: 'zero' }));
      expectClose(got, [1 / (1 + Math.E), Math.E / (1 + Math.E), 0, 0], 8 * u);
    });

    unless(notFinite, 'of what is not finite', () => {
      it.each([NaN, Infinity])('%s is an error that says where', async (bad) => {
        const x = () => lab().floats([2, 2], [0, 0, 0, bad]);
        await expect(lab().run(() => softmax(x()))).rejects.toThrow(`"x" gives ${bad} at row 1, column 1`);
      });
    });
  });
}
