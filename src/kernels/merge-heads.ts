import { ShapeError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { describe } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { backendOf, call1, needed, once, viewOf } from './call.ts';
import { moveStrided } from './move.ts';

/**
 * Puts the heads side by side, the inverse of splitHeads: y(b, t, h·E + e) = x(b, h, t, e). A view where nothing moves.
 *
 * Shapes    x [B H T E] → y [B T H·E]
 * Numerics  exact, every dtype
 * Errors    ShapeError x is not rank 4
 * Source    Vaswani et al. 2017 §3.2.2 (Concat)
 */
export function mergeHeads(x: Tensor): Tensor {
  const op = mergeHeadsOp;
  backendOf(op.name, [x]);
  const [spec] = op.infer([x], undefined);
  const [, H, T] = x.shape;
  return H === 1 || T === 1 ? viewOf(x, 0, spec) : call1(op, [x], undefined);
}

export const mergeHeadsOp: Op<undefined> = {
  name: 'mergeHeads',

  infer(inputs) {
    const x = needed(inputs, 0, 'mergeHeads', 'x');
    if (x.shape.length !== 4) {
      throw new ShapeError(`"x" must be [B H T E], got ${describe(x)}`, { op: 'mergeHeads', got: x.shape });
    }
    const [B, H, T, E] = x.shape;
    return [{ dtype: x.dtype, shape: [B, T, H * E] }];
  },

  reference([x], _attrs, [y]) {
    if (x === undefined) return;
    const [B, H, T, E] = x.shape;
    moveStrided(x, y, [B, T, H, E], [H * T * E, E, T * E, 1]);
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};
