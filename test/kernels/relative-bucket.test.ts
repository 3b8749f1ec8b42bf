import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/errors.ts';
import { relativeBucket } from '../../src/kernels/relative-bucket.ts';
import { runs } from '../seed.ts';

interface Golden {
  readonly cases: readonly {
    readonly num_buckets: number;
    readonly max_distance: number;
    readonly bidirectional: boolean;
    readonly first: number;
    readonly buckets: readonly number[];
  }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../goldens/buckets/golden.json', import.meta.url), 'utf8'));

const options = fc.record({
  bidirectional: fc.boolean(),
  numBuckets: fc.integer({ min: 4, max: 64 }),
  maxDistance: fc.integer({ min: 33, max: 300 }),
});

describe('relativeBucket', () => {
  it('gives small distances a bucket each, then shares', () => {
    const rule = { bidirectional: false, numBuckets: 8, maxDistance: 16 };
    expect([0, -1, -2, -3, -4, -5, -6, -7, -8, -15, -16, -1000, 1, 5].map((r) => relativeBucket(r, rule))).toEqual([
      0, 1, 2, 3, 4, 4, 5, 5, 6, 7, 7, 7, 0, 0,
    ]);
  });

  it.each(golden.cases)(
    'equals Hugging Face: $num_buckets buckets, distance $max_distance, bidirectional $bidirectional',
    ({ num_buckets, max_distance, bidirectional, first, buckets }) => {
      const rule = { bidirectional, numBuckets: num_buckets, maxDistance: max_distance };
      expect(buckets.map((_, i) => relativeBucket(first + i, rule))).toEqual(buckets);
    },
  );

  it('stays in range and never falls as the distance grows', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 0, max: 2000 }), (rule, distance) => {
        const side = rule.bidirectional ? Math.floor(rule.numBuckets / 2) : rule.numBuckets;
        const bucket = relativeBucket(-distance, rule);
        expect(bucket).toBeGreaterThanOrEqual(0);
        expect(bucket).toBeLessThan(side);
        expect(relativeBucket(-distance - 1, rule)).toBeGreaterThanOrEqual(bucket);
      }),
      runs(300),
    );
  });

  it('both halves mirror each other; in one direction all later keys share bucket 0', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 2000 }), (rule, distance) => {
        const side = Math.floor(rule.numBuckets / 2);
        const mirrored = rule.bidirectional ? side + relativeBucket(-distance, rule) : 0;
        expect(relativeBucket(distance, rule)).toBe(mirrored);
      }),
      runs(300),
    );
  });

  it('all distances from maxDistance on share the last bucket', () => {
    fc.assert(
      fc.property(options, fc.nat(100_000), (rule, beyond) => {
        const side = rule.bidirectional ? Math.floor(rule.numBuckets / 2) : rule.numBuckets;
        expect(relativeBucket(-rule.maxDistance - beyond, rule)).toBe(side - 1);
      }),
      runs(200),
    );
  });

  it.each([
    [
      { bidirectional: true, numBuckets: 3, maxDistance: 9 },
      '"numBuckets" must be a whole number ≥ 4 when bidirectional, got 3',
    ],
    [{ bidirectional: false, numBuckets: 1, maxDistance: 9 }, '"numBuckets" must be a whole number ≥ 2, got 1'],
    [{ bidirectional: false, numBuckets: 8.5, maxDistance: 9 }, '"numBuckets" must be'],
    [{ bidirectional: false, numBuckets: NaN, maxDistance: 9 }, '"numBuckets" must be'],
    [
      { bidirectional: false, numBuckets: 8, maxDistance: 4 },
      '"maxDistance" must be a whole number above 4 (exact buckets), got 4',
    ],
    [{ bidirectional: false, numBuckets: 8, maxDistance: Infinity }, '"maxDistance" must be'],
  ])('rejects %o', (rule, message) => {
    expect(() => relativeBucket(1, rule)).toThrow(OptionError);
    expect(() => relativeBucket(1, rule)).toThrow(message);
  });
});
