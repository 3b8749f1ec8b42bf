import type { Op } from '../tensor/op.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { floats, floatsOut } from './host.ts';
import { checkNorm, type NormOptions, rootOf } from './norm.ts';

/**
 * Root-mean-square normalisation over the last axis: yᵢ = xᵢ / √(Σⱼ xⱼ² / D + ε) · gᵢ. No mean, no shift.
 *
 * Shapes    x [… D], gain [D] → y [… D], D ≥ 1
 * Numerics  float64, one rounding
 * Errors    ShapeError D differs · OptionError eps · NumericError NaN or ±∞ in a row, or a row of zeros with eps 0
 * Source    Zhang & Sennrich 2019, arXiv 1910.07467 eq. 4; T5's layer norm, Raffel et al. 2020 §2.1
 */
export function rmsNorm(x: Tensor, gain: Tensor, { eps }: NormOptions): Tensor {
  return call1(rmsNormOp, [x, gain], { eps });
}

export const rmsNormOp: Op<NormOptions> = {
  name: 'rmsNorm',

  infer(inputs, { eps }) {
    const op = 'rmsNorm';
    const x = needed(inputs, 0, op, 'x');
    checkNorm(op, x, eps, needed(inputs, 1, op, 'gain'));
    return [{ dtype: 'F32', shape: x.shape }];
  },

  reference([xIn, gainIn], { eps }, [out]) {
    if (xIn === undefined || gainIn === undefined) return;
    const [x, gain, y] = [floats(xIn), floats(gainIn), floatsOut(out)];
    const D = gain.length;
    for (let at = 0; at < x.length; at += D) {
      const root = rootOf('rmsNorm', x, at, D, 0, eps);
      for (let i = 0; i < D; i++) y[at + i] = (x[at + i] / root) * gain[i];
    }
  },

  cost(inputs, _attrs, outputs) {
    const D = inputs[0]?.shape.at(-1) ?? 1;
    const rows = sizeOf(outputs[0].shape) / D;
    return once(rows * (4 * D + 3), inputs, outputs); // squares 2D, result 2D; a division, ε and the root
  },
};
