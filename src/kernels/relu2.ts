import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Squared rectifier: y = max(0, x)².
 *
 * Shapes    x [any] → y [same]
 * Numerics  one rounding
 * Source    So et al. 2021 (Primer), arXiv 2109.08668
 */
export function relu2(x: Tensor): Tensor {
  return call1(relu2Op, [x], undefined);
}

export const relu2Op = unaryOp<undefined>(
  'relu2',
  () => 1,
  () => (x) => Math.max(0, x) ** 2,
);
