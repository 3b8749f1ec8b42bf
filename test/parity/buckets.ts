/** Kind `t5-buckets`: the bucket of every relative position. */
import { expect, it } from 'vitest';
import { relativeBucket } from '../../src/kernels/relative-bucket.ts';
import { readGolden } from '../generate/goldens.ts';
import type { Tally } from './compare.ts';
import type { GoldenFolder } from './walk.ts';

interface BucketCase {
  readonly num_buckets: number;
  readonly max_distance: number;
  readonly bidirectional: boolean;
  readonly first: number;
  readonly buckets: readonly number[];
}

export function buckets({ path }: GoldenFolder, tally: Tally): void {
  const { cases } = readGolden<{ cases: BucketCase[] }>(path);
  it.each(cases)(
    '$num_buckets buckets, distance $max_distance, bidirectional $bidirectional',
    ({ num_buckets: numBuckets, max_distance: maxDistance, bidirectional, first, buckets }) => {
      tally.cases++;
      const rule = { bidirectional, numBuckets, maxDistance };
      expect(buckets.map((_, i) => relativeBucket(first + i, rule))).toEqual(buckets);
      tally.comparisons += buckets.length;
    },
  );
}
