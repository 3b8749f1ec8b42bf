import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';
import { erfc } from './erfc.ts';

/** √½ and √(1/4π), which bring the curve closest to relu2, with the six digits that trained models have used. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: more digits would be another function
const [mean, deviation] = [0.707107, 0.282095];

/**
 * Laplace activation: y = ½·(1 + erf((x − μ) / (σ√2))) with μ = 0.707107, σ = 0.282095.
 *
 * Shapes    x [any] → y [same]
 * Units     y between 0 and 1
 * Numerics  float64 through erfc, one rounding; accurate in both tails
 * Source    Ma et al. 2022 (MEGA), arXiv 2209.10655
 */
export function laplace(x: Tensor): Tensor {
  return call1(laplaceOp, [x], undefined);
}

export const laplaceOp = unaryOp<undefined>(
  'laplace',
  () => 4,
  () => (x) => 0.5 * erfc((mean - x) / (deviation * Math.SQRT2)),
);
