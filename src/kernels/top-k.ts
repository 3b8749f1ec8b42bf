import { NumericError, ShapeError, show } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { describe } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call, needed, once } from './call.ts';
import { checkFloat, floats, floatsOut, integers, lastAxis } from './host.ts';

/**
 * The k largest entries of each row, largest first; of equal ones the lower index first.
 *
 * Shapes    x [… n] → values F32 [… k], indices I32 [… k], 1 ≤ k ≤ n
 * Numerics  exact; −0 equals 0. A heap of k candidates: O(n log k) a row
 * Errors    ShapeError k outside 1 … n · NumericError NaN in a row
 */
export function topK(x: Tensor, k: number): { readonly values: Tensor; readonly indices: Tensor } {
  const [values, indices] = call(topKOp, [x], { k });
  return { values, indices };
}

export const topKOp: Op<{ readonly k: number }> = {
  name: 'topK',

  infer(inputs, { k }) {
    const op = 'topK';
    const x = needed(inputs, 0, op, 'x');
    checkFloat(op, 'x', x);
    const n = lastAxis(op, 'x', x);
    if (!Number.isInteger(k) || k < 1 || k > n) {
      throw new ShapeError(`"k" must be a whole number from 1 to ${n} for x ${describe(x)}, got ${show(k)}`, {
        op,
        expected: n,
        got: k,
      });
    }
    const shape = x.shape.with(-1, k);
    return [
      { dtype: 'F32', shape },
      { dtype: 'I32', shape },
    ];
  },

  reference([xIn], { k }, [valuesOut, indicesOut]) {
    if (xIn === undefined) return;
    const [x, values, indices] = [floats(xIn), floatsOut(valuesOut), integers(indicesOut)];
    const n = xIn.shape.at(-1) ?? 1;
    for (let row = 0; row * n < x.length; row++) {
      const best = indices.subarray(row * k, (row + 1) * k);
      select(x.subarray(row * n, (row + 1) * n), best, row);
      for (let i = 0; i < k; i++) values[row * k + i] = x[row * n + best[i]];
    }
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};

/** Fills `best` with the indices of the largest entries of x, in order. */
function select(x: Float32Array, best: Int32Array, row: number): void {
  const k = best.length;
  const below = (i: number, j: number) => x[i] < x[j] || (x[i] === x[j] && i > j);
  // best[0 … size) is a heap with the entry that ranks lowest on top.
  const sink = (size: number) => {
    for (let parent = 0; ; ) {
      let child = 2 * parent + 1;
      if (child >= size) return;
      if (child + 1 < size && below(best[child + 1], best[child])) child++;
      if (!below(best[child], best[parent])) return;
      [best[parent], best[child]] = [best[child], best[parent]];
      parent = child;
    }
  };
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i])) throw new NumericError(`"x" is NaN at row ${row}, column ${i}`, { op: 'topK', got: x[i] });
    if (i < k) {
      let child = i;
      for (best[i] = i; child > 0 && below(best[child], best[(child - 1) >> 1]); child = (child - 1) >> 1) {
        [best[child], best[(child - 1) >> 1]] = [best[(child - 1) >> 1], best[child]];
      }
    } else if (below(best[0], i)) {
      best[0] = i;
      sink(k);
    }
  }
  for (let size = k - 1; size > 0; size--) {
    [best[0], best[size]] = [best[size], best[0]];
    sink(size);
  }
}
