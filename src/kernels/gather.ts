import { NumericError, show } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { axisOf, describe, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { wordsOf } from './move.ts';

interface Attrs {
  readonly axis: number;
  readonly indices: ArrayLike<number>;
}

/**
 * Picks entries along an axis, in any order and as often as asked: y(…, i, …) = x(…, indices[i], …).
 * Beams are reordered with it, batches filtered and repeated.
 *
 * Shapes    x [… n …] → y [… indices.length …]
 * Numerics  exact, every dtype
 * Errors    NumericError an index outside 0 … n − 1 · ShapeError axis
 */
export function gather(x: Tensor, axis: number, indices: ArrayLike<number>): Tensor {
  return call1(gatherOp, [x], { axis, indices });
}

export const gatherOp: Op<Attrs> = {
  name: 'gather',

  infer(inputs, { axis, indices }) {
    const op = 'gather';
    const x = needed(inputs, 0, op, 'x');
    const i = axisOf(axis, x.shape.length, op);
    for (let n = 0; n < indices.length; n++) {
      const index = indices[n];
      if (!Number.isInteger(index) || index < 0 || index >= x.shape[i]) {
        throw new NumericError(
          `"indices" must be whole numbers from 0 below ${x.shape[i]} for axis ${i} of x ${describe(x)}, ` +
            `got ${show(index)} at ${n}`,
          { op, expected: x.shape[i], got: index },
        );
      }
    }
    return [{ dtype: x.dtype, shape: x.shape.with(i, indices.length) }];
  },

  reference([x], { axis, indices }, [y]) {
    if (x === undefined) return;
    const { words: source, perElement } = wordsOf(x);
    const { words: target } = wordsOf(y);
    const i = axisOf(axis, x.shape.length, 'gather');
    const inner = sizeOf(x.shape.slice(i + 1)) * perElement;
    const outer = sizeOf(x.shape.slice(0, i));
    for (let o = 0, at = 0; o < outer; o++) {
      for (let n = 0; n < indices.length; n++, at += inner) {
        const from = (o * x.shape[i] + indices[n]) * inner;
        target.set(source.subarray(from, from + inner), at);
      }
    }
  },

  cost: (_inputs, _attrs, outputs) => once(0, outputs, outputs),
};
