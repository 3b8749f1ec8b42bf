import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * The sigmoid approximation of GELU: y = x / (1 + e^(−1.702·x)).
 *
 * Shapes    x [any] → y [same]
 * Numerics  float64, one rounding; accurate in both tails
 * Source    Hendrycks & Gimpel 2016, arXiv 1606.08415 §2
 */
export function quickGelu(x: Tensor): Tensor {
  return call1(quickGeluOp, [x], undefined);
}

export const quickGeluOp = unaryOp<undefined>(
  'quickGelu',
  () => 4,
  () => (x) => x / (1 + Math.exp(-1.702 * x)),
);
