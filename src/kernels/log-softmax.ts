import { NumericError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats, floatsOut, lastAxis } from './host.ts';

/**
 * Logarithm of the softmax over the last axis: yᵢ = xᵢ − max x − ln Σⱼ exp(xⱼ − max x).
 *
 * Shapes    x [… n] → y [… n], n ≥ 1
 * Units     x logits; y natural logarithms of probabilities, y ≤ 0
 * Numerics  float64 sum in ascending order, one rounding; −∞ gives −∞
 * Errors    ShapeError n = 0 · NumericError NaN or +∞ in x, or a row of only −∞
 * Source    Blanchard, Higham & Higham 2021 (log-sum-exp, shifted)
 */
export function logSoftmax(x: Tensor): Tensor {
  return call1(logSoftmaxOp, [x], undefined);
}

export const logSoftmaxOp: Op<undefined> = {
  name: 'logSoftmax',

  infer(inputs) {
    const x = needed(inputs, 0, 'logSoftmax', 'x');
    checkFloat('logSoftmax', 'x', x);
    lastAxis('logSoftmax', 'x', x);
    return [{ dtype: 'F32', shape: x.shape }];
  },

  reference([xIn], _attrs, [out]) {
    if (xIn === undefined) return;
    const [x, y] = [floats(xIn), floatsOut(out)];
    const n = xIn.shape.at(-1) ?? 1;
    for (let at = 0; at < x.length; at += n) {
      const { max, log } = logSumExp('logSoftmax', x, at, n);
      for (let i = at; i < at + n; i++) y[i] = x[i] - max - log;
    }
  },

  cost(inputs, _attrs, outputs) {
    const size = sizeOf(outputs[0].shape);
    const rows = size / (outputs[0].shape.at(-1) ?? 1);
    return once(5 * size + rows, inputs, outputs); // shift, exp, sum; a logarithm a row; two subtractions
  },
};

/** ln Σ exp(x) of the row at x[at] in two parts, so that neither loses digits: its largest entry, and what is left. */
export function logSumExp(op: string, x: Float32Array, at: number, n: number): { max: number; log: number } {
  let max = -Infinity;
  for (let i = at; i < at + n; i++) {
    if (!(x[i] < Infinity)) {
      throw new NumericError(`"x" is ${x[i]} at row ${at / n}, column ${i - at}`, { op, got: x[i] });
    }
    if (x[i] > max) max = x[i];
  }
  if (max === -Infinity) throw new NumericError(`row ${at / n} has nothing allowed: every entry is −∞`, { op });
  let sum = 0;
  for (let i = at; i < at + n; i++) sum += Math.exp(x[i] - max);
  return { max, log: Math.log(sum) };
}
