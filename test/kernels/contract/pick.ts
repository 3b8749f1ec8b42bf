import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumericError } from '../../../src/errors.ts';
import { argmax } from '../../../src/kernels/argmax.ts';
import { crossEntropy } from '../../../src/kernels/cross-entropy.ts';
import { logSoftmax } from '../../../src/kernels/log-softmax.ts';
import { softmax } from '../../../src/kernels/softmax.ts';
import { topK } from '../../../src/kernels/top-k.ts';
import { adversarial, normal, row, smallInt, tensor } from '../../arbitraries.ts';
import { expectClose, u } from '../../close.ts';
import { runs } from '../../seed.ts';
import { cut, Naive } from '../naive.ts';
import { type Lab, unless, type Without } from './lab.ts';

export function pickContract(lab: () => Lab, { notFinite, subnormals }: Without): void {
  const extreme = subnormals === undefined ? adversarial : normal;
  const someRow = fc.integer({ min: 1, max: 30 }).chain((n) => fc.oneof(row(n), row(n, smallInt), row(n, extreme)));

  describe('topK', () => {
    const top = (x: readonly number[], k: number) =>
      lab().all(() => {
        const { values, indices } = topK(lab().floats([1, x.length], x), k);
        return [values, indices];
      });

    it('gives values and places, largest first, the earlier of equal ones first', async () => {
      const [values, indices] = await top([3, 9, 3, -1, 9], 4);
      expect([...values]).toEqual([9, 9, 3, 3]);
      expect([...indices]).toEqual([1, 4, 0, 2]);
    });

    it('is the beginning of the sorted row, for every k', async () => {
      const cases = someRow.chain((x) => fc.tuple(fc.constant(x), fc.integer({ min: 1, max: x.length })));
      await fc.assert(
        fc.asyncProperty(cases, async ([x, k]) => {
          const sorted = [...x.keys()].sort((i, j) => x[j] - x[i] || i - j).slice(0, k);
          const [values, indices] = await top(x, k);
          expect([...indices]).toEqual(sorted);
          expect([...values]).toEqual(sorted.map((i) => x[i]));
        }),
        runs(200),
      );
    });

    it('takes a row of −∞ as any other', async () => {
      const [, indices] = await top([-Infinity, -Infinity, 0, -Infinity], 3);
      expect([...indices]).toEqual([2, 0, 1]);
    });
  });

  describe('argmax', () => {
    it('is the first of topK, row by row', async () => {
      const rows = fc
        .integer({ min: 1, max: 8 })
        .chain((n) => fc.array(row(n, smallInt), { minLength: 1, maxLength: 5 }));
      await fc.assert(
        fc.asyncProperty(rows, async (x) => {
          const of = () => lab().floats([x.length, x[0].length], x.flat());
          expect(await lab().runInts(() => argmax(of()))).toEqual(await lab().runInts(() => topK(of(), 1).indices));
          expect(await lab().runInts(() => argmax(of()))).toEqual(x.map((r) => r.indexOf(Math.max(...r))));
        }),
        runs(60),
      );
    });

    unless(notFinite, 'of what is not finite', () => {
      it.each(['argmax', 'topK'])('%s finds NaN and says where', async (op) => {
        const x = () => lab().floats([2, 2], [1, 2, 3, NaN]);
        const pick = () => (op === 'argmax' ? argmax(x()) : topK(x(), 1).indices);
        await expect(lab().runInts(pick)).rejects.toThrow(`${op}: "x" is NaN at row 1, column 1`);
      });
    });
  });

  describe('logSoftmax', () => {
    it('is the logarithm of the softmax, row by row, and −∞ where that is 0', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 12 }).chain((n) => fc.array(row(n), { minLength: 1, maxLength: 3 })),
          async (x) => {
            const n = x[0].length;
            const want = x.flatMap((r) => new Naive().logSoftmax(r));
            const got = await lab().run(() => logSoftmax(lab().floats([x.length, n], x.flat())));
            const size = Math.max(...x.flat().map(Math.abs));
            expectClose(
              got,
              want,
              lab().bound(want, 4 * n + 20, () => 1 + 2 * size),
            );
          },
        ),
        runs(100),
      );
      expect([...(await lab().run(() => logSoftmax(lab().floats([3], [0, -Infinity, 0]))))][1]).toBe(-Infinity);
    });

    it('keeps the digits that the logarithm of a probability near 0 would lose', async () => {
      expect([...(await lab().run(() => logSoftmax(lab().floats([2], [1000, 0]))))]).toEqual([0, -1000]);
    });

    unless(notFinite, 'of what is not finite', () => {
      it.each([
        ['NaN', [0, NaN], '"x" is NaN at row 0, column 1'],
        ['∞', [Infinity, 0], '"x" is Infinity at row 0, column 0'],
        ['a row of −∞', [-Infinity, -Infinity], 'row 0 has nothing allowed'],
      ] as const)('%s is an error', async (_name, x, message) => {
        await expect(lab().run(() => logSoftmax(lab().floats([1, 2], x)))).rejects.toThrow(message);
      });
    });
  });

  describe('crossEntropy', () => {
    const loss = (logits: readonly number[][], labels: readonly number[], ignore?: number) =>
      lab().run(() =>
        crossEntropy(
          lab().floats([logits.length, logits[0].length], logits.flat()),
          lab().ints([labels.length], labels),
          {
            ignore,
          },
        ),
      );

    it('is the logarithm of V where the model knows nothing', async () => {
      expectClose(await loss([[2, 2, 2, 2]], [1]), [Math.log(4)], 4 * u);
    });

    it('is the mean of −logSoftmax at the labels that count', async () => {
      const cases = fc
        .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }))
        .chain(([N, V]) =>
          fc.tuple(tensor([N, V]), fc.array(fc.integer({ min: -1, max: V - 1 }), { minLength: N, maxLength: N })),
        );
      await fc.assert(
        fc.asyncProperty(cases, async ([x, labels]) => {
          const rows = cut(x.data, x.shape[1]);
          const counted = labels.with(0, 0);
          const terms = counted.flatMap((label, r) => (label === -1 ? [] : [-new Naive().logSoftmax(rows[r])[label]]));
          const want = [terms.reduce((sum, t) => sum + t, 0) / terms.length];
          expectClose(
            await loss(rows, counted, -1),
            want,
            lab().bound(want, 40, () => 20 + want[0]),
          );
        }),
        runs(60),
      );
    });

    it('rows with label −100 do not count', async () => {
      const two = await loss([[1, 2], [5, -5]], [0, -100]); // biome-ignore format: one line
      expect(two).toEqual(await loss([[1, 2]], [0]));
    });

    it('no row that counts, or a label outside the vocabulary, is an error', async () => {
      await expect(loss([[1, 2]], [-100])).rejects.toThrow('no row counts: all 1 labels are -100');
      await expect(loss([[1, 2]], [2])).rejects.toThrow('label 2 of row 0 is outside 0 … 1');
      await expect(loss([[1, 2]], [-1])).rejects.toThrow(NumericError);
    });
  });

  describe('logSoftmax and softmax', () => {
    it('agree: the exponential of one is the other', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 12 }).chain((n) => row(n)),
          async (x) => {
            const p = await lab().run(() => softmax(lab().floats([x.length], x)));
            const logs = await lab().run(() => logSoftmax(lab().floats([x.length], x)));
            expectClose(logs.map(Math.exp), p, (i) => (64 + 4 * Math.abs(logs[i])) * u * p[i] + 2 ** -149);
          },
        ),
        runs(60),
      );
    });
  });
}
