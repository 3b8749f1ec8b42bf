import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cast } from '../../../src/kernels/cast.ts';
import { embedding } from '../../../src/kernels/embedding.ts';
import { matmul } from '../../../src/kernels/matmul.ts';
import { relativeBucket } from '../../../src/kernels/relative-bucket.ts';
import { relativePositionBias } from '../../../src/kernels/relative-position-bias.ts';
import { slice } from '../../../src/kernels/slice.ts';
import { tensor } from '../../arbitraries.ts';
import { runs } from '../../seed.ts';
import type { Lab } from './lab.ts';

export function tableContract(lab: () => Lab): void {
  describe('embedding', () => {
    const lookup = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }))
      .chain(([V, D]) => fc.tuple(tensor([V, D]), fc.array(fc.nat(V - 1), { minLength: 1, maxLength: 8 })));

    it('its rows are rows of the table, and the product with one-hot rows', async () => {
      await fc.assert(
        fc.asyncProperty(lookup, async ([table, ids]) => {
          const [V, D] = table.shape;
          const got = await lab().run(() => embedding(lab().of(table), lab().ints([ids.length, 1], ids)));
          expect([...got]).toEqual(ids.flatMap((id) => [...table.data.subarray(id * D, (id + 1) * D)]));
          const oneHot = ids.flatMap((id) => Array.from({ length: V }, (_, v) => (v === id ? 1 : 0)));
          const product = await lab().run(() => matmul(lab().floats([ids.length, V], oneHot), lab().of(table)));
          expect(product.map((x) => x + 0)).toEqual(got.map((x) => x + 0)); // a sum is never −0
        }),
        runs(60),
      );
    });

    it.each(['F16', 'BF16'] as const)('widens the rows of a table in %s', async (dtype) => {
      await fc.assert(
        fc.asyncProperty(lookup, async ([table, ids]) => {
          const half = () => cast(lab().of(table), dtype);
          const got = await lab().run(() => embedding(half(), lab().ints([ids.length], ids)));
          expect(got).toEqual(await lab().run(() => embedding(cast(half(), 'F32'), lab().ints([ids.length], ids))));
        }),
        runs(30),
      );
    });

    it.each([-1, 3, 2 ** 31 - 1])('id %d of a table of 3 rows is an error that says where it stands', async (id) => {
      const look = () => embedding(lab().floats([3, 1], [1, 2, 3]), lab().ints([2, 2], [0, 1, id, 2]));
      await expect(lab().run(look)).rejects.toMatchObject({
        code: 'NUMERIC',
        expected: 3,
        got: id,
        summary: `id ${id} at position [1, 0] is outside the table's 3 rows`,
      });
    });
  });

  describe('relativePositionBias', () => {
    const options = fc.record({
      bidirectional: fc.boolean(),
      maxDistance: fc.integer({ min: 9, max: 40 }),
      queries: fc.integer({ min: 1, max: 12 }),
      more: fc.nat(12),
    });

    it('entry (h, t, s) is the table at the bucket of s − t', async () => {
      await fc.assert(
        fc.asyncProperty(options, tensor([16, 3]), async ({ bidirectional, maxDistance, queries, more }, table) => {
          const keys = queries + more;
          const got = await lab().run(() =>
            relativePositionBias(lab().of(table), { queries, keys, bidirectional, maxDistance }),
          );
          for (const [i, bias] of got.entries()) {
            const [h, t, s] = [Math.floor(i / (queries * keys)), Math.floor(i / keys) % queries, i % keys];
            const bucket = relativeBucket(s - t, { bidirectional, numBuckets: 16, maxDistance });
            expect(bias).toBe(table.data[bucket * 3 + h]);
          }
        }),
        runs(40),
      );
    });

    it('the rows of a later chunk are the later rows of the full pass', async () => {
      await fc.assert(
        fc.asyncProperty(options, tensor([16, 2]), async ({ bidirectional, maxDistance, queries, more }, table) => {
          const keys = queries + more;
          const rule = { keys, bidirectional, maxDistance };
          const whole = await lab().run(() =>
            slice(relativePositionBias(lab().of(table), { queries: keys, ...rule }), 1, more, keys),
          );
          const chunk = await lab().run(() => relativePositionBias(lab().of(table), { queries, past: more, ...rule }));
          expect(chunk).toEqual(whole);
        }),
        runs(40),
      );
    });
  });
}
