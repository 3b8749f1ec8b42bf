import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Logistic function: y = 1 / (1 + e⁻ˣ).
 *
 * Shapes    x [any] → y [same]
 * Units     y between 0 and 1
 * Numerics  float64, one rounding; accurate in both tails
 */
export function sigmoid(x: Tensor): Tensor {
  return call1(sigmoidOp, [x], undefined);
}

export const sigmoidOp = unaryOp<undefined>(
  'sigmoid',
  () => 3,
  () => (x) => 1 / (1 + Math.exp(-x)),
);
