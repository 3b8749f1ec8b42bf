import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';
import { geluErf } from './gelu.ts';

/**
 * GELU cut off at ±10, so that it can be quantised: y = min(10, max(−10, gelu(x))), the erf form.
 *
 * Shapes    x [any] → y [same]
 * Numerics  float64, one rounding
 * Source    Wu et al. 2020, arXiv 2004.09602
 */
export function gelu10(x: Tensor): Tensor {
  return call1(gelu10Op, [x], undefined);
}

export const gelu10Op = unaryOp<undefined>(
  'gelu10',
  () => 4,
  () => (x) => Math.min(10, Math.max(-10, geluErf(x))),
);
