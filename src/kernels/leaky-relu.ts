import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Leaky rectifier: y = x for x ≥ 0, else 0.01·x.
 *
 * Shapes    x [any] → y [same]
 * Numerics  one rounding
 * Source    Maas, Hannun & Ng 2013
 */
export function leakyRelu(x: Tensor): Tensor {
  return call1(leakyReluOp, [x], undefined);
}

export const leakyReluOp = unaryOp<undefined>(
  'leakyRelu',
  () => 1,
  () => (x) => (x >= 0 ? x : 0.01 * x),
);
