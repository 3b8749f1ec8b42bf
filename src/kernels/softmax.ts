import { DtypeError, NumericError, ShapeError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { broadcast, describe, sameShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { bytes, checkFloat, eachRow, floats, floatsOut, lastAxis, lastStep } from './host.ts';

export interface SoftmaxOptions {
  /** Added to the scaled scores; broadcasts to x (T5's relative-position bias). */
  readonly bias?: Tensor;
  /** U8 or BOOL, broadcasts to x: entries where it is 0 get probability exactly 0 (padding). */
  readonly mask?: Tensor;
  /** Multiplies x first. Default 1. */
  readonly scale?: number;
  /** Causal mask over the last two axes [T S]: row t sees the columns s ≤ past + t. */
  readonly past?: number;
  /** What a row with nothing allowed gives: an error (default), or zeros (rows that are padding themselves). */
  readonly emptyRows?: 'error' | 'zero';
}

export interface SoftmaxAttrs {
  readonly scale: number;
  readonly past: number | undefined;
  readonly emptyRows: 'error' | 'zero';
}

/**
 * Softmax over the last axis: yᵢ = exp(sᵢ − max s) / Σⱼ exp(sⱼ − max s), where s = scale·x + bias and the masks allow it.
 *
 * Shapes    x [… n]; bias and mask broadcast to it → y [… n], n ≥ 1
 * Units     x logits (natural log scale); y probabilities, each row sums to 1 within n·2⁻²⁴
 * Numerics  float64 sum in ascending order; −∞ and masked entries give exactly 0
 * Errors    ShapeError n = 0 · NumericError NaN or +∞ in x, or a row with nothing allowed (unless emptyRows is 'zero')
 * Source    Vaswani et al. 2017 §3.2.1; Blanchard, Higham & Higham 2021 (accuracy of the shifted form)
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { bias, mask, scale = 1, past, emptyRows = 'error' } = options;
  return call1(softmaxOp, [x, bias, mask], { scale, past, emptyRows });
}

export const softmaxOp: Op<SoftmaxAttrs> = {
  name: 'softmax',

  infer(inputs, { past }) {
    const op = 'softmax';
    const x = needed(inputs, 0, op, 'x');
    const [, bias, mask] = inputs;
    checkFloat(op, 'x', x);
    lastAxis(op, 'x', x);
    if (bias !== undefined) checkFloat(op, 'bias', bias);
    for (const other of [bias, mask]) {
      if (other !== undefined && !sameShape(broadcast(x, other, op), x.shape)) {
        throw new ShapeError(`bias or mask ${describe(other)} does not broadcast to x ${describe(x)}`, {
          op,
          got: other.shape,
        });
      }
    }
    if (mask !== undefined && mask.dtype !== 'U8' && mask.dtype !== 'BOOL') {
      throw new DtypeError(`"mask" must be U8 or BOOL, got ${mask.dtype}`, { op, got: mask.dtype });
    }
    if (past !== undefined && (x.shape.length < 2 || !Number.isInteger(past) || past < 0)) {
      throw new ShapeError(`"past" needs x [… T S] and a whole number ≥ 0, got ${past} with x ${describe(x)}`, {
        op,
        got: past,
      });
    }
    return [{ dtype: 'F32', shape: x.shape }];
  },

  reference([xIn, biasIn, maskIn], { scale, past, emptyRows }, [yOut]) {
    if (xIn === undefined) return;
    const [x, y] = [floats(xIn), floatsOut(yOut)];
    const bias = biasIn && floats(biasIn);
    const mask = maskIn && bytes(maskIn);
    const n = xIn.shape.at(-1) ?? 1; //                                                       S
    const queries = xIn.shape.at(-2) ?? 1; //                                                 T
    const shapes = [biasIn?.shape ?? [1], maskIn?.shape ?? [1]];
    const [biasStep, maskStep] = shapes.map((shape) => lastStep(shape, xIn.shape));
    const s = new Float64Array(n);
    eachRow(xIn.shape, shapes, (row, [biasAt, maskAt]) => {
      const seen = past === undefined ? n : Math.min(n, past + (row % queries) + 1);
      let max = -Infinity;
      for (let i = 0; i < seen; i++) {
        s[i] = scale * x[row * n + i] + (bias === undefined ? 0 : bias[biasAt + i * biasStep]);
        if (mask !== undefined && mask[maskAt + i * maskStep] === 0) s[i] = -Infinity;
        if (!(s[i] < Infinity))
          throw new NumericError(`"x" gives ${s[i]} at row ${row}, column ${i}`, { op: 'softmax', got: s[i] });
        if (s[i] > max) max = s[i];
      }
      if (max === -Infinity) {
        if (emptyRows === 'zero') return;
        throw new NumericError(`row ${row} has nothing allowed: every entry is masked or −∞`, { op: 'softmax' });
      }
      let sum = 0;
      for (let i = 0; i < seen; i++) sum += s[i] = Math.exp(s[i] - max);
      for (let i = 0; i < seen; i++) y[row * n + i] = s[i] / sum;
    });
  },

  cost(inputs, _attrs, outputs) {
    const bias = inputs[1] === undefined ? 0 : 1;
    return once((5 + bias) * sizeOf(outputs[0].shape), inputs, outputs); // scale, bias, shift, exp, sum, division
  },
};
