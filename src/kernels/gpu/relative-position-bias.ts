import { bucketOf } from '../relative-bucket.ts';
import type { RelativePositionOptions } from '../relative-position-bias.ts';
import type { GpuKernel } from './desk.ts';
import { roomFor } from './room.ts';
import { rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/** The bucket of every distance is uploaded once; the distances behind the largest share theirs. */
export const relativePositionBias: GpuKernel<Required<RelativePositionOptions>> = (desk, [table], attrs, [y]) => {
  if (table === undefined) return [];
  const { queries: T, keys: S, past, bidirectional, maxDistance } = attrs;
  const [numBuckets, H] = table.shape;
  const far = maxDistance;
  const buckets = desk.keep(`buckets ${bidirectional} ${numBuckets} ${maxDistance}`, () => {
    const bucket = bucketOf({ bidirectional, numBuckets, maxDistance });
    return Float32Array.from({ length: 2 * far + 1 }, (_, i) => bucket(i - far));
  });
  const pitch = S === T ? S : roomFor(S); // behind a past the rows are as long as what comes later
  const source = `function (table, buckets, past) {
    const h = Math.floor((${row} + 0.5) / ${T});
    const d = ${column} - past - (${row} - h * ${T});
    const i = Math.max(Math.min(d, ${far}), 0 - ${far}) + ${far};
    const b = buckets[0][i];
    return table[b][h]; }`;
  const args = [desk.see(table, H), { block: buckets, cols: 2 * far + 1 }, past];
  return [desk.store(desk.launch({ source, cols: pitch, rows: rowsOf(y.shape), args }), y, pitch)];
};
