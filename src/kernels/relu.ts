import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Rectifier: y = max(0, x).
 *
 * Shapes    x [any] → y [same]
 * Numerics  exact; NaN stays NaN
 * Source    Nair & Hinton 2010; the feed-forward of Vaswani et al. 2017 §3.3 and Raffel et al. 2020
 */
export function relu(x: Tensor): Tensor {
  return call1(reluOp, [x], undefined);
}

export const reluOp = unaryOp<undefined>(
  'relu',
  () => 0,
  () => (x) => Math.max(0, x),
);
