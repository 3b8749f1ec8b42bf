import { OptionError, show } from '../errors.ts';

export interface BucketOptions {
  /** True in an encoder: keys behind the query get the upper half of the buckets. False in a decoder. */
  readonly bidirectional: boolean;
  readonly numBuckets: number;
  /** All distances from here on share the last bucket. */
  readonly maxDistance: number;
}

/**
 * T5's bucket of a relative position key − query: one each for small distances, then logarithmically wider ones.
 *
 * With n buckets a side and e = ⌊n/2⌋, a distance d < e has bucket d; a longer one
 * min(n − 1, e + ⌊ln(d/e) / ln(maxDistance/e) · (n − e)⌋).
 *
 * Numerics  the logarithm in float32, as PyTorch takes it: in float64 some distances would fall into another bucket
 * Errors    OptionError where no logarithm exists: fewer than two buckets a side, or maxDistance ≤ e
 * Source    Raffel et al. 2020 §2.1; Shaw et al. 2018 (clipping)
 */
export function relativeBucket(relative: number, options: BucketOptions): number {
  return bucketOf(options)(relative);
}

/** The same for many positions: checks the options and takes their logarithm once. */
export function bucketOf({ bidirectional, numBuckets, maxDistance }: BucketOptions): (relative: number) => number {
  const side = bidirectional ? Math.floor(numBuckets / 2) : numBuckets;
  const exact = Math.floor(side / 2);
  checkOptions(numBuckets, maxDistance, side, exact);
  const range = Math.fround(Math.log(maxDistance / exact));
  return (relative) => {
    const half = bidirectional && relative > 0 ? side : 0;
    const distance = bidirectional ? Math.abs(relative) : Math.max(0, -relative);
    if (distance < exact) return half + distance;
    const log = Math.fround(Math.log(Math.fround(distance / exact)));
    const share = Math.fround(Math.fround(log / range) * (side - exact));
    return half + Math.min(side - 1, exact + Math.trunc(share));
  };
}

function checkOptions(numBuckets: number, maxDistance: number, side: number, exact: number): void {
  const op = 'relativeBucket';
  if (!Number.isSafeInteger(numBuckets) || exact < 1) {
    const rule = side === numBuckets ? 'a whole number ≥ 2' : 'a whole number ≥ 4 when bidirectional';
    throw new OptionError(`"numBuckets" must be ${rule}, got ${show(numBuckets)}`, { op, got: numBuckets });
  }
  if (!Number.isSafeInteger(maxDistance) || maxDistance <= exact) {
    throw new OptionError(
      `"maxDistance" must be a whole number above ${exact} (exact buckets), got ${show(maxDistance)}`,
      { op, expected: exact, got: maxDistance },
    );
  }
}
