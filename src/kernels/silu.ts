import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Sigmoid-weighted linear unit, also called swish: y = x / (1 + e⁻ˣ).
 *
 * Shapes    x [any] → y [same]
 * Numerics  float64, one rounding; accurate in both tails
 * Source    Elfwing, Uchibe & Doya 2018, arXiv 1702.03118
 */
export function silu(x: Tensor): Tensor {
  return call1(siluOp, [x], undefined);
}

export const siluOp = unaryOp<undefined>(
  'silu',
  () => 3,
  () => (x) => x / (1 + Math.exp(-x)),
);
