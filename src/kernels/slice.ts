import { ShapeError, show } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { axisOf, describe, sizeOf, stridesOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { backendOf, call1, needed, once, viewOf } from './call.ts';
import { moveStrided } from './move.ts';

/**
 * The part begin ≤ index < end of one axis.
 *
 * A view where the part lies together (axis 0, or only axes of size 1 before it), a copy otherwise.
 *
 * Shapes    x [… n …] → y [… end − begin …]
 * Numerics  exact, every dtype
 * Errors    ShapeError unless 0 ≤ begin ≤ end ≤ n
 */
export function slice(x: Tensor, axis: number, begin: number, end: number): Tensor {
  const op = 'slice';
  backendOf(op, [x]);
  const i = axisOf(axis, x.rank, op);
  const whole = Number.isInteger(begin) && Number.isInteger(end);
  if (!whole || begin < 0 || begin > end || end > x.shape[i]) {
    throw new ShapeError(
      `"begin" and "end" must be whole numbers with 0 ≤ begin ≤ end ≤ ${x.shape[i]} for axis ${i} of x ${describe(x)}, ` +
        `got ${show(begin)} and ${show(end)}`,
      { op, expected: x.shape[i], got: [begin, end] },
    );
  }
  if (sizeOf(x.shape.slice(0, i)) !== 1) return call1(sliceOp, [x], { axis: i, begin, end });
  const spec = { dtype: x.dtype, shape: x.shape.with(i, end - begin) };
  return viewOf(x, begin * sizeOf(x.shape.slice(i + 1)), spec);
}

export const sliceOp: Op<{ readonly axis: number; readonly begin: number; readonly end: number }> = {
  name: 'slice',

  infer(inputs, { axis, begin, end }) {
    const { dtype, shape } = needed(inputs, 0, 'slice', 'x');
    return [{ dtype, shape: shape.with(axis, end - begin) }];
  },

  reference([x], { axis, begin }, [y]) {
    if (x === undefined) return;
    const strides = stridesOf(x.shape);
    moveStrided(x, y, y.shape, strides, begin * strides[axis]);
  },

  cost: (_inputs, _attrs, outputs) => once(0, outputs, outputs),
};
