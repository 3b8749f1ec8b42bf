import type { Op } from '../tensor/op.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { floats, floatsOut } from './host.ts';
import { checkNorm, meanOf, type NormOptions, rootOf } from './norm.ts';

/**
 * Layer normalisation over the last axis: yᵢ = (xᵢ − μ) / √(σ² + ε) · gᵢ + bᵢ, with μ the mean and σ² the variance of
 * the row (divided by D, not by D − 1).
 *
 * Shapes    x [… D], gain [D], shift [D] → y [… D], D ≥ 1
 * Numerics  float64, two passes: the mean first, then the squares about it; one rounding
 * Errors    ShapeError D differs · OptionError eps · NumericError NaN or ±∞ in a row, or a constant row with eps 0
 * Source    Ba, Kiros & Hinton 2016, arXiv 1607.06450 eq. 4
 */
export function layerNorm(x: Tensor, gain: Tensor, shift: Tensor, { eps }: NormOptions): Tensor {
  return call1(layerNormOp, [x, gain, shift], { eps });
}

export const layerNormOp: Op<NormOptions> = {
  name: 'layerNorm',

  infer(inputs, { eps }) {
    const op = 'layerNorm';
    const x = needed(inputs, 0, op, 'x');
    checkNorm(op, x, eps, needed(inputs, 1, op, 'gain'), needed(inputs, 2, op, 'shift'));
    return [{ dtype: 'F32', shape: x.shape }];
  },

  reference([xIn, gainIn, shiftIn], { eps }, [out]) {
    if (xIn === undefined || gainIn === undefined || shiftIn === undefined) return;
    const [x, gain, shift, y] = [floats(xIn), floats(gainIn), floats(shiftIn), floatsOut(out)];
    const D = gain.length;
    for (let at = 0; at < x.length; at += D) {
      const mean = meanOf(x, at, D, true);
      const root = rootOf('layerNorm', x, at, D, mean, eps);
      for (let i = 0; i < D; i++) y[at + i] = ((x[at + i] - mean) / root) * gain[i] + shift[i];
    }
  },

  cost(inputs, _attrs, outputs) {
    const D = inputs[0]?.shape.at(-1) ?? 1;
    const rows = sizeOf(outputs[0].shape) / D;
    return once(rows * (8 * D + 4), inputs, outputs); // sum D, squares 3D, result 4D; two divisions, ε and the root
  },
};
