import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../src/pretrained/table-rows.ts';
import { openBytes, openSafetensors, writeSafetensors } from '../../src/safetensors/index.ts';
import { runs } from '../seed.ts';

/** A table of bytes whose row r is all r, and the lengths of the reads since it was opened. */
async function open(V: number, D: number) {
  const data = Uint8Array.from({ length: V * D }, (_, i) => Math.floor(i / D));
  const source = openBytes(writeSafetensors([{ name: 'table', dtype: 'U8', shape: [V, D], data }]));
  const lengths: number[] = [];
  const read: typeof source.read = (offset, length, into) => {
    lengths.push(length);
    return source.read(offset, length, into);
  };
  const file = await openSafetensors({ ...source, read });
  lengths.length = 0;
  return { file, lengths };
}

describe('readRows', () => {
  it('reads neighbours at once, and far rows one by one', async () => {
    const D = 2 ** 14;
    const { file, lengths } = await open(100, D); // up to 4 rows further is near
    const rows = await readRows(file, 'table', [60, 3, 5, 9, 3]);
    expect([0, 1, 2, 3, 4].map((i) => rows[i * D])).toEqual([60, 3, 5, 9, 3]);
    expect(lengths).toEqual([7 * D, D]);
  });

  it('gives row ids[i] at i, whatever the order, and reads nothing twice', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(59), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(1, 7, 30_000, 70_000),
        async (ids, D) => {
          const { file, lengths } = await open(60, D);
          const rows = await readRows(file, 'table', ids);
          expect(rows.length).toBe(ids.length * D);
          ids.forEach((id, i) => {
            expect([rows[i * D], rows[(i + 1) * D - 1]]).toEqual([id, id]);
          });
          const read = lengths.reduce((sum, length) => sum + length, 0);
          expect(read).toBeLessThanOrEqual(Math.min(60 * D, new Set(ids).size * (D + 2 ** 16)));
        },
      ),
      runs(40),
    ));
});
