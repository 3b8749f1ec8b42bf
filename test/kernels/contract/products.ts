import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add } from '../../../src/kernels/add.ts';
import { cast } from '../../../src/kernels/cast.ts';
import { linear } from '../../../src/kernels/linear.ts';
import { matmul } from '../../../src/kernels/matmul.ts';
import { scale } from '../../../src/kernels/scale.ts';
import { slice } from '../../../src/kernels/slice.ts';
import { transpose } from '../../../src/kernels/transpose.ts';
import { powerOfTwo, sizes, smallInt, smallIntMatrix, tensor } from '../../arbitraries.ts';
import { expectClose, u } from '../../close.ts';
import { runs } from '../../seed.ts';
import { cut, Naive } from '../naive.ts';
import { exactly, type Lab, rowsOf, times, type Without } from './lab.ts';

/** Sizes that leave remainders of every tile: M mod 6, K mod 4, N mod 8. */
const uneven = fc.tuple(
  fc.integer({ min: 1, max: 14 }),
  fc.integer({ min: 1, max: 19 }),
  fc.integer({ min: 1, max: 21 }),
);

export function productContract(lab: () => Lab, without: Without): void {
  const expectSame = exactly(without);
  const of = (plain: { shape: number[]; data: Float32Array }) => lab().of(plain);

  describe('matmul', () => {
    it('multiplies two matrices a human can check', async () => {
      const got = await lab().run(() => matmul(lab().floats([2, 2], [1, 2, 3, 4]), lab().floats([2, 2], [5, 6, 7, 8])));
      expect([...got]).toEqual([19, 22, 43, 50]);
    });

    const fourSizes = sizes(4, 12);
    it('is associative on small whole numbers', async () => {
      const matrices = fourSizes.chain(([m, k, n, p]) =>
        fc.tuple(smallIntMatrix(m, k), smallIntMatrix(k, n), smallIntMatrix(n, p)),
      );
      await fc.assert(
        fc.asyncProperty(matrices, async ([a, b, c]) => {
          const left = await lab().run(() => matmul(matmul(of(a), of(b)), of(c)));
          expectSame(left, await lab().run(() => matmul(of(a), matmul(of(b), of(c)))));
        }),
        runs(50),
      );
    });

    it('distributes over sums of small whole numbers', async () => {
      const matrices = fourSizes.chain(([m, k, n]) =>
        fc.tuple(smallIntMatrix(m, k), smallIntMatrix(k, n), smallIntMatrix(k, n)),
      );
      await fc.assert(
        fc.asyncProperty(matrices, async ([a, b, c]) => {
          const joined = await lab().run(() => matmul(of(a), add(of(b), of(c))));
          expectSame(joined, await lab().run(() => add(matmul(of(a), of(b)), matmul(of(a), of(c)))));
        }),
        runs(50),
      );
    });

    const pair = uneven.chain(([m, k, n]) => fc.tuple(tensor([m, k]), tensor([k, n])));
    it('a power of two comes out of a product unchanged', async () => {
      await fc.assert(
        fc.asyncProperty(pair, powerOfTwo, async ([a, b], p) => {
          const scaled = await lab().run(() => matmul(of(times(a, p)), of(b)));
          expect(scaled).toEqual(await lab().run(() => scale(matmul(of(a), of(b)), p)));
        }),
        runs(50),
      );
    });

    it('the transpose of a product is the product of the transposes in reverse, by flags or by hand', async () => {
      await fc.assert(
        fc.asyncProperty(pair, async ([a, b]) => {
          const want = await lab().run(() => transpose(matmul(of(a), of(b))));
          expect(await lab().run(() => matmul(transpose(of(b)), transpose(of(a))))).toEqual(want);
          const flags = { transposeA: true, transposeB: true };
          expect(await lab().run(() => matmul(of(b), of(a), flags))).toEqual(want);
        }),
        runs(50),
      );
    });

    it('the identity changes nothing, and a row of zeros gives a row of zeros', async () => {
      await fc.assert(
        fc.asyncProperty(pair, async ([a, b]) => {
          const [m, k] = a.shape;
          const identity = Float32Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0));
          const zeroed = { shape: a.shape, data: a.data.map((x, i) => (i < k ? 0 : x)) };
          const noNegativeZero = { shape: b.shape, data: b.data.map((x) => x + 0) };
          const same = await lab().run(() => matmul(lab().floats([k, k], identity), of(noNegativeZero)));
          expect(same).toEqual(noNegativeZero.data);
          const first = await lab().run(() => slice(matmul(of(zeroed), of(b)), 0, 0, Math.min(1, m)));
          expect(first.every((x) => x === 0)).toBe(true);
        }),
        runs(50),
      );
    });

    it('a row does not depend on the other rows, nor on how many there are', async () => {
      const chosen = pair.chain(([a, b]) =>
        fc.tuple(fc.constant(a), fc.constant(b), fc.subarray([...Array(a.shape[0]).keys()], { minLength: 1 })),
      );
      await fc.assert(
        fc.asyncProperty(chosen, async ([a, b, rows]) => {
          const whole = await lab().run(() => matmul(of(a), of(b)));
          const part = await lab().run(() => matmul(of(rowsOf(a, rows)), of(b)));
          expect(part).toEqual(rowsOf({ shape: [a.shape[0], b.shape[1]], data: whole }, rows).data);
        }),
        runs(50),
      );
    });

    it('batch axes broadcast: every pair of matrices is multiplied by itself', async () => {
      const batches = uneven.chain(([m, k, n]) => fc.tuple(tensor([3, 1, m, k]), tensor([2, k, n])));
      await fc.assert(
        fc.asyncProperty(batches, async ([a, b]) => {
          const got = await lab().run(() => matmul(of(a), of(b)));
          const parts = [0, 1, 2].flatMap((i) => [0, 1].map((j) => [i, j]));
          const single = await lab().all(() =>
            parts.map(([i, j]) => matmul(slice(slice(of(a), 0, i, i + 1), 1, 0, 1), slice(of(b), 0, j, j + 1))),
          );
          expect([...got]).toEqual(single.flatMap((part) => Array.from(part, Number)));
        }),
        runs(20),
      );
    });

    it('is within its rounding of the naive product', async () => {
      await fc.assert(
        fc.asyncProperty(pair, async ([a, b]) => {
          const [, k] = a.shape;
          const n = b.shape[1];
          const want = new Naive().matmul(cut(a.data, k), cut(b.data, n)).flat();
          const sizes = new Naive().matmul(cut(a.data.map(Math.abs), k), cut(b.data.map(Math.abs), n)).flat();
          const got = await lab().run(() => matmul(of(a), of(b)));
          expectClose(
            got,
            want,
            lab().bound(want, k, (i) => sizes[i]),
          );
        }),
        runs(60),
      );
    });
  });

  describe('linear', () => {
    const layer = uneven.chain(([m, k, n]) => fc.tuple(tensor([m, k]), tensor([n, k]), tensor([n])));

    it('is x·Wᵀ + b with W stored [out, in], and x·W + b with W stored [in, out]', async () => {
      const x = () => lab().floats([1, 2], [10, 1]);
      const w = () => lab().floats([2, 2], [1, 2, 3, 4]);
      const b = () => lab().floats([2], [100, 200]);
      expect([...(await lab().run(() => linear(x(), w(), b(), '[out, in]')))]).toEqual([112, 234]);
      expect([...(await lab().run(() => linear(x(), w(), undefined, '[in, out]')))]).toEqual([13, 24]);
    });

    it('gives the same bits for both ways of storing the weight', async () => {
      await fc.assert(
        fc.asyncProperty(layer, async ([x, w, b]) => {
          const out = await lab().run(() => linear(of(x), of(w), of(b), '[out, in]'));
          expect(await lab().run(() => linear(of(x), transpose(of(w)), of(b), '[in, out]'))).toEqual(out);
        }),
        runs(50),
      );
    });

    it('without a bias it is the product with the transposed weight', async () => {
      await fc.assert(
        fc.asyncProperty(layer, async ([x, w]) => {
          const want = await lab().run(() => matmul(of(x), of(w), { transposeB: true }));
          expect(await lab().run(() => linear(of(x), of(w), undefined, '[out, in]'))).toEqual(want);
        }),
        runs(50),
      );
    });

    it('a row does not depend on the other rows, nor on how many there are', async () => {
      await fc.assert(
        fc.asyncProperty(layer, fc.nat(), async ([x, w, b], seed) => {
          const rows = [seed % x.shape[0]];
          const whole = await lab().run(() => linear(of(x), of(w), of(b), '[out, in]'));
          const part = await lab().run(() => linear(of(rowsOf(x, rows)), of(w), of(b), '[out, in]'));
          expect(part).toEqual(rowsOf({ shape: [x.shape[0], w.shape[0]], data: whole }, rows).data);
        }),
        runs(50),
      );
    });

    it('takes F16 and BF16 weights as the float32 numbers they stand for', async () => {
      await fc.assert(
        fc.asyncProperty(layer, fc.constantFrom('F16' as const, 'BF16' as const), async ([x, w, b], dtype) => {
          for (const layout of ['[out, in]', '[in, out]'] as const) {
            const weight = () => (layout === '[out, in]' ? of(w) : transpose(of(w)));
            const half = await lab().run(() => linear(of(x), cast(weight(), dtype), of(b), layout));
            const wide = await lab().run(() => linear(of(x), cast(cast(weight(), dtype), 'F32'), of(b), layout));
            expect(half).toEqual(wide);
          }
        }),
        runs(30),
      );
    });

    it('is additive in x on small whole numbers', async () => {
      const whole = sizes(3, 10).chain(([m, k, n]) =>
        fc.tuple(smallIntMatrix(m, k), smallIntMatrix(m, k), smallIntMatrix(n, k), tensor([n], smallInt)),
      );
      await fc.assert(
        fc.asyncProperty(whole, async ([x, y, w, b]) => {
          const joined = await lab().run(() => linear(add(of(x), of(y)), of(w), of(b), '[out, in]'));
          const apart = await lab().run(() =>
            add(linear(of(x), of(w), of(b), '[out, in]'), linear(of(y), of(w), undefined, '[out, in]')),
          );
          expectSame(joined, apart);
        }),
        runs(50),
      );
    });

    it('is x·Wᵀ + b within its rounding, across every panel of outputs', async () => {
      await fc.assert(
        fc.asyncProperty(layer, async ([x, w, b]) => {
          const [rows, weight] = [cut(x.data, x.shape[1]), cut(w.data, x.shape[1])];
          const absolute = (values: readonly number[]) => values.map(Math.abs);
          const want = rows.flatMap((row) => weight.map((line, n) => new Naive().dot(row, line) + b.data[n]));
          const size = rows.flatMap((row) =>
            weight.map((line, n) => new Naive().dot(absolute(row), absolute(line)) + Math.abs(b.data[n])),
          );
          const got = await lab().run(() => linear(of(x), of(w), of(b), '[out, in]'));
          expectClose(
            got,
            want,
            lab().bound(want, x.shape[1] + 1, (i) => size[i]),
          );
        }),
        runs(60),
      );
    });

    it('is linear in x on real numbers: f(x + c·y) = f(x) + c·f(y) within the rounding of both sides', async () => {
      const reals = layer.chain(([x, w]) => fc.tuple(fc.constant(x), fc.constant(w), tensor(x.shape), powerOfTwo));
      await fc.assert(
        fc.asyncProperty(reals, async ([x, w, y, c]) => {
          const K = x.shape[1];
          const sizes = { shape: x.shape, data: x.data.map((v, i) => Math.abs(v) + c * Math.abs(y.data[i])) };
          const joined = await lab().run(() => linear(add(of(x), scale(of(y), c)), of(w), undefined, '[out, in]'));
          const apart = await lab().run(() =>
            add(linear(of(x), of(w), undefined, '[out, in]'), scale(linear(of(y), of(w), undefined, '[out, in]'), c)),
          );
          const weights = cut(w.data.map(Math.abs), K);
          const magnitude = cut(sizes.data, K).flatMap((row) => weights.map((line) => new Naive().dot(row, line)));
          expectClose(joined, apart, (i) => (2 * K + 6) * u * magnitude[i] + 2 ** -149);
        }),
        runs(40),
      );
    });
  });
}
