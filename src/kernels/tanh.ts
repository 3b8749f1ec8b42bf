import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Hyperbolic tangent: y = tanh x.
 *
 * Shapes    x [any] → y [same]
 * Units     y between −1 and 1
 * Numerics  float64, one rounding
 */
export function tanh(x: Tensor): Tensor {
  return call1(tanhOp, [x], undefined);
}

export const tanhOp = unaryOp<undefined>(
  'tanh',
  () => 1,
  () => Math.tanh,
);
