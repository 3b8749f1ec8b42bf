import { OptionError, ShapeError, show } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { describe } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats, floatsOut } from './host.ts';
import { bucketOf } from './relative-bucket.ts';

export interface RelativePositionOptions {
  /** New positions T. */
  readonly queries: number;
  /** All positions S. */
  readonly keys: number;
  /** Position of the first query: how many keys were cached before it. Default 0. */
  readonly past?: number;
  readonly bidirectional: boolean;
  readonly maxDistance: number;
}

/**
 * T5's position bias: bias(h, t, s) = table(bucket(s − (past + t)), h), added to the scores of head h.
 *
 * Shapes    table [buckets H] → bias [H T S]
 * Units     logits
 * Numerics  exact: entries of the table
 * Errors    ShapeError table is not [buckets H] · OptionError sizes, or bucket options as in relativeBucket
 * Source    Raffel et al. 2020 §2.1
 */
export function relativePositionBias(table: Tensor, options: RelativePositionOptions): Tensor {
  const { queries, keys, past = 0, bidirectional, maxDistance } = options;
  return call1(relativePositionBiasOp, [table], { queries, keys, past, bidirectional, maxDistance });
}

export const relativePositionBiasOp: Op<Required<RelativePositionOptions>> = {
  name: 'relativePositionBias',

  infer(inputs, { queries, keys, past, bidirectional, maxDistance }) {
    const op = 'relativePositionBias';
    const table = needed(inputs, 0, op, 'table');
    checkFloat(op, 'table', table);
    if (table.shape.length !== 2) {
      throw new ShapeError(`"table" must be [buckets H], got ${describe(table)}`, { op, got: table.shape });
    }
    for (const [name, value] of Object.entries({ queries, keys, past })) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new OptionError(`"${name}" must be a whole number ≥ 0, got ${show(value)}`, { op, got: value });
      }
    }
    bucketOf({ bidirectional, numBuckets: table.shape[0], maxDistance });
    return [{ dtype: 'F32', shape: [table.shape[1], queries, keys] }];
  },

  reference([tableIn], { queries: T, keys: S, past, bidirectional, maxDistance }, [out]) {
    if (tableIn === undefined) return;
    const [table, bias] = [floats(tableIn), floatsOut(out)];
    const [numBuckets, H] = tableIn.shape;
    const bucket = bucketOf({ bidirectional, numBuckets, maxDistance });
    const first = -(past + T - 1); // the smallest s − (past + t); every diagonal needs its bucket once
    const buckets = Int32Array.from({ length: T + S - 1 }, (_, i) => bucket(first + i));
    for (let h = 0, o = 0; h < H; h++) {
      for (let t = 0; t < T; t++) {
        for (let s = 0; s < S; s++, o++) bias[o] = table[buckets[s - t + T - 1] * H + h];
      }
    }
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};
