import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumericError } from '../../../src/errors.ts';
import { layerNorm } from '../../../src/kernels/layer-norm.ts';
import { normScale } from '../../../src/kernels/norm-scale.ts';
import { rmsNorm } from '../../../src/kernels/rms-norm.ts';
import { type Plain, powerOfTwo, real, row, tensor } from '../../arbitraries.ts';
import { expectClose } from '../../close.ts';
import { runs } from '../../seed.ts';
import { cut, Naive } from '../naive.ts';
import { type Lab, rowsOf, times, unless, type Without } from './lab.ts';

const eps = 2 ** -17; // a power of two near 1e-5, so that ε·2²ᵖ is exact in float32 too
const someRows = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 18 })).chain(([m, n]) =>
  fc.record({
    x: fc.array(row(n), { minLength: m, maxLength: m }).map((rows) => plain([m, n], rows.flat())),
    gain: tensor([n]),
    shift: tensor([n]),
  }),
);

export function normContract(lab: () => Lab, { notFinite }: Without): void {
  const of = (p: Plain) => lab().of(p);
  const layer = (x: Plain, gain: Plain, shift: Plain, e = eps) =>
    lab().run(() => layerNorm(of(x), of(gain), of(shift), { eps: e }));
  const rms = (x: Plain, gain: Plain, e = eps) => lab().run(() => rmsNorm(of(x), of(gain), { eps: e }));

  describe('layerNorm', () => {
    it('centres, divides by the deviation, multiplies by the gain and shifts', async () => {
      expect([...(await layer(plain([2], [1, 3]), plain([2], [10, 10]), plain([2], [0, 100]), 0))]).toEqual([-10, 110]);
    });

    it('adds ε to the variance, inside the root', async () => {
      expect([...(await layer(plain([2], [-1, 1]), ones(2), zeros(2), 3))]).toEqual([-0.5, 0.5]);
    });

    it('scaling x by a power of two and ε by its square changes nothing', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, powerOfTwo, async ({ x, gain, shift }, p) => {
          expect(await layer(times(x, p), gain, shift, eps * p * p)).toEqual(await layer(x, gain, shift));
        }),
        runs(100),
      );
    });

    it('is within its rounding of the naive norm', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, async ({ x, gain, shift }) => {
          const n = gain.data.length;
          const want = cut(x.data, n).flatMap((r) => new Naive().layerNorm(r, [...gain.data], [...shift.data], eps));
          expectClose(
            await layer(x, gain, shift),
            want,
            lab().bound(
              want,
              4 * n + 20,
              (i) => spread(x, i, n) * (Math.abs(gain.data[i % n]) + Math.abs(shift.data[i % n])),
            ),
          );
        }),
        runs(100),
      );
    });

    it('shifting a row moves the result by no more than the rounding of the shifted row', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, real, async ({ x, gain }, c) => {
          const n = gain.data.length;
          const moved = plain(
            x.shape,
            x.data.map((v) => v + c),
          );
          const want = await layer(x, ones(n), zeros(n));
          const rounding = (i: number) => (64 + 16 * n) * 2 ** -24 * (spread(x, i, n) + spread(moved, i, n)) ** 2;
          expectClose(await layer(moved, ones(n), zeros(n)), want, rounding);
        }),
        runs(100),
      );
    });

    it('before gain and shift a row has mean 0 and variance σ² / (σ² + ε)', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, async ({ x, gain }) => {
          const n = gain.data.length;
          const y = await layer(x, ones(n), zeros(n));
          for (const [r, line] of cut(y, n).entries()) {
            const variance = new Naive().normScale(cut(x.data, n)[r], 0, true) ** 2;
            const rounding = (64 + 8 * n) * 2 ** -24 * spread(x, r * n, n);
            expectClose([mean(line)], [0], rounding);
            expectClose([mean(line.map((v) => v * v))], [variance / (variance + eps)], rounding);
          }
        }),
        runs(100),
      );
    });

    it('a row does not depend on the other rows', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, fc.nat(), async ({ x, gain, shift }, seed) => {
          const one = [seed % x.shape[0]];
          const whole = await layer(x, gain, shift);
          expect(await layer(rowsOf(x, one), gain, shift)).toEqual(rowsOf({ shape: x.shape, data: whole }, one).data);
        }),
        runs(50),
      );
    });
  });

  describe('rmsNorm', () => {
    it('divides by the root of the mean square, and does not subtract the mean', async () => {
      expect([...(await rms(plain([2], [1, 7]), plain([2], [5, 10]), 0))]).toEqual([1, 14]);
    });

    it('adds ε to the mean square, inside the root', async () => {
      expect([...(await rms(plain([2], [1, 1]), ones(2), 3))]).toEqual([0.5, 0.5]);
    });

    it('is odd: the norm of −x is minus the norm of x', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, async ({ x, gain }) => {
          expect(await rms(times(x, -1), gain)).toEqual((await rms(x, gain)).map((v) => -v));
        }),
        runs(100),
      );
    });

    it('scaling x by a power of two and ε by its square changes nothing', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, powerOfTwo, async ({ x, gain }, p) => {
          expect(await rms(times(x, p), gain, eps * p * p)).toEqual(await rms(x, gain));
        }),
        runs(100),
      );
    });

    it('is within its rounding of the naive norm', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, async ({ x, gain }) => {
          const n = gain.data.length;
          const want = cut(x.data, n).flatMap((r) => new Naive().rmsNorm(r, [...gain.data], eps));
          expectClose(
            await rms(x, gain),
            want,
            lab().bound(want, n + 8, (i) => Math.abs(want[i])),
          );
        }),
        runs(100),
      );
    });
  });

  describe('normScale', () => {
    it('is what the norms divide by', async () => {
      await fc.assert(
        fc.asyncProperty(someRows, fc.boolean(), async ({ x, gain }, centred) => {
          const n = gain.data.length;
          const want = cut(x.data, n).map((r) => new Naive().normScale(r, eps, centred));
          const largest = Math.max(...x.data.map(Math.abs));
          expectClose(
            await lab().run(() => normScale(of(x), { eps, centred })),
            want,
            lab().bound(want, 2 * n + 8, (i) => want[i] + largest),
          );
        }),
        runs(100),
      );
    });
  });

  describe.each(['layerNorm', 'rmsNorm', 'normScale'])('%s', (op) => {
    const norm = (x: Plain, e: number) => {
      const [g, b] = [() => of(ones(2)), () => of(zeros(2))];
      if (op === 'layerNorm') return lab().run(() => layerNorm(of(x), g(), b(), { eps: e }));
      if (op === 'rmsNorm') return lab().run(() => rmsNorm(of(x), g(), { eps: e }));
      return lab().run(() => normScale(of(x), { eps: e, centred: true }));
    };

    unless(notFinite, 'of what is not finite', () => {
      it.each([NaN, Infinity])('a row with %s is an error that names the row', async (bad) => {
        await expect(norm(plain([2, 2], [1, 2, bad, 1]), eps)).rejects.toThrow(`${op}: row 1 of x holds NaN or ±∞`);
      });

      it('a row without spread and without ε is an error, never NaN', async () => {
        await expect(norm(plain([1, 2], [0, 0]), 0)).rejects.toThrow(NumericError);
        await expect(norm(plain([1, 2], [0, 0]), 0)).rejects.toThrow('row 0 of x is constant and eps is 0');
      });
    });
  });
}

/** How much a row's size amplifies a rounding: largest entry over the divisor. */
function spread(x: Plain, index: number, n: number): number {
  const line = cut(x.data, n)[Math.floor(index / n)];
  return 1 + Math.max(...line.map(Math.abs)) / new Naive().normScale(line, eps, true);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, v) => total + v, 0) / values.length;
}

function plain(shape: number[], values: ArrayLike<number>): Plain {
  return { shape, data: Float32Array.from(values) };
}

const ones = (n: number): Plain => plain([n], new Array(n).fill(1));
const zeros = (n: number): Plain => plain([n], new Array(n).fill(0));
