import type { Op } from '../tensor/op.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { floats, floatsOut } from './host.ts';
import { checkNorm, meanOf, type NormOptions, rootOf } from './norm.ts';

export interface NormScaleOptions extends NormOptions {
  /** True for a layer norm, which subtracts the mean; false for an rms norm. */
  readonly centred: boolean;
}

/**
 * What a norm divides its rows by: s = √(Σᵢ (xᵢ − μ)² / D + ε), with μ the mean, or 0 where it is not centred.
 *
 * Shapes    x [… D] → s [… 1], D ≥ 1
 * Numerics  float64, one rounding
 * Errors    as layerNorm and rmsNorm
 */
export function normScale(x: Tensor, { eps, centred }: NormScaleOptions): Tensor {
  return call1(normScaleOp, [x], { eps, centred });
}

export const normScaleOp: Op<NormScaleOptions> = {
  name: 'normScale',

  infer(inputs, { eps }) {
    const x = needed(inputs, 0, 'normScale', 'x');
    checkNorm('normScale', x, eps);
    return [{ dtype: 'F32', shape: [...x.shape.slice(0, -1), 1] }];
  },

  reference([xIn], { eps, centred }, [out]) {
    if (xIn === undefined) return;
    const [x, s] = [floats(xIn), floatsOut(out)];
    const D = xIn.shape.at(-1) ?? 1;
    for (let row = 0; row < s.length; row++) {
      s[row] = rootOf('normScale', x, row * D, D, meanOf(x, row * D, D, centred), eps);
    }
  },

  cost(inputs, { centred }, outputs) {
    const D = inputs[0]?.shape.at(-1) ?? 1;
    return once(sizeOf(outputs[0].shape) * (centred ? 4 * D + 4 : 2 * D + 3), inputs, outputs);
  },
};
