import { ShapeError, show } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { axisOf, describe, stridesOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { moveStrided } from './move.ts';
import { reshape } from './reshape.ts';

/**
 * Reorders axes: axis i of y is axis axes[i] of x. Without `axes` the order is reversed.
 *
 * A view where only axes of size 1 change places, a copy otherwise.
 *
 * Shapes    x [n₀ n₁ …] → y [n_axes[0] n_axes[1] …]
 * Numerics  exact, every dtype
 * Errors    ShapeError axes is not a permutation of 0 … rank − 1
 */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  const order = checkOrder(x, axes ?? x.shape.map((_, i) => x.rank - 1 - i));
  const moving = order.filter((axis) => x.shape[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > moving[i - 1])) {
    return reshape(
      x,
      order.map((axis) => x.shape[axis]),
    );
  }
  return call1(transposeOp, [x], { axes: order });
}

function checkOrder(x: Tensor, axes: readonly number[]): number[] {
  const op = 'transpose';
  const order = Array.isArray(axes) ? axes.map((axis) => axisOf(axis, x.rank, op)) : [];
  if (order.length !== x.rank || order.some((axis, i) => order.indexOf(axis) !== i)) {
    throw new ShapeError(`"axes" must name every axis of x ${describe(x)} once, got ${show(axes)}`, { op, got: axes });
  }
  return order;
}

export const transposeOp: Op<{ readonly axes: readonly number[] }> = {
  name: 'transpose',

  infer(inputs, { axes }) {
    const { dtype, shape } = needed(inputs, 0, 'transpose', 'x');
    return [{ dtype, shape: axes.map((axis) => shape[axis]) }];
  },

  reference([x], { axes }, [y]) {
    if (x === undefined) return;
    const strides = stridesOf(x.shape);
    moveStrided(
      x,
      y,
      y.shape,
      axes.map((axis) => strides[axis]),
    );
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};
