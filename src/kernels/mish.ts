import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Mish: y = x · tanh(ln(1 + eˣ)).
 *
 * Shapes    x [any] → y [same]
 * Numerics  float64, one rounding
 * Source    Misra 2019, arXiv 1908.08681
 */
export function mish(x: Tensor): Tensor {
  return call1(mishOp, [x], undefined);
}

export const mishOp = unaryOp<undefined>(
  'mish',
  () => 4,
  () => (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
);
