/** Weights in whole numbers, in one of the ways of codings.ts. */
import { DtypeError, NumericError } from '../errors.ts';
import type { Use } from '../tensor/backend.ts';
import { isQuantised, type QuantisedDtype } from '../tensor/dtype.ts';
import type { Host, Scales } from '../tensor/op.ts';
import { describe, type Spec } from '../tensor/shape.ts';
import { blocksOf, codings } from './codings.ts';
import type { Layout } from './linear.ts';

/** A weight as whole numbers, in the order in which its floats were stored. */
export interface Quantised {
  readonly data: Int8Array;
  readonly scales: Scales;
}

/** What a quantised weight is: its dtype says how. */
export interface QuantisedSpec extends Spec {
  readonly dtype: QuantisedDtype;
}

/** How a weight of this use is stored; the rows of a table are outputs. */
export function layoutOf(use: Use): Layout {
  return use === 'linear [in, out]' ? '[in, out]' : '[out, in]';
}

/** Outputs and inputs of a weight stored as `layout`. */
export function sidesOf([rows, columns]: readonly number[], layout: Layout): { N: number; K: number } {
  return layout === '[out, in]' ? { N: rows, K: columns } : { N: columns, K: rows };
}

export function isQuantisedSpec(spec: Spec): spec is QuantisedSpec {
  return isQuantised(spec.dtype);
}

/** To the nearest whole number, ties to even, for |x| < 2⁵¹: beyond 2⁵² a double holds nothing else. */
export function nearest(x: number): number {
  return x + 6755399441055744 - 6755399441055744;
}

/** 1/scale in float32, or 0 where that is infinite: so small a block becomes zeros. */
export function inverse(scale: number): number {
  const by = Math.fround(1 / scale);
  return Math.abs(by) < Infinity ? by : 0;
}

/**
 * Quantises a weight of N outputs and K inputs.
 *
 * Numerics  every step is one operation of float32, so that kernels can give the same bits
 * Errors    NumericError a number that is not finite
 */
export function quantise(weight: Float32Array, spec: QuantisedSpec, layout: Layout): Quantised {
  const { N, K } = sidesOf(spec.shape, layout);
  const [nStep, kStep] = layout === '[out, in]' ? [K, 1] : [1, N];
  const { block, most, scale, round } = codings[spec.dtype];
  const blocks = blocksOf(K, block);
  const data = new Int8Array(weight.length);
  const values = new Float32Array(N * blocks);
  const bits = new Uint32Array(values.buffer);
  for (let n = 0; n < N; n++) {
    for (let b = 0; b < blocks; b++) {
      const [begin, end] = [b * block, Math.min(K, (b + 1) * block)];
      let [low, high] = [0, 0];
      for (let k = begin; k < end; k++) {
        const w = weight[n * nStep + k * kStep];
        low = Math.min(low, w);
        high = Math.max(high, w);
      }
      const at = n * blocks + b;
      values[at] = scale(low, high);
      if (!Number.isFinite(values[at])) throw notFinite(spec);
      bits[at] = round(bits[at]);
      const by = inverse(values[at]);
      for (let k = begin; k < end; k++) {
        const i = n * nStep + k * kStep;
        data[i] = Math.min(most, nearest(Math.fround(weight[i] * by)));
      }
    }
  }
  return { data, scales: { values, layout, block } };
}

/** One of the numbers behind a quantised matrix [rows columns]: of row i, column j. */
export function floatAt({ data, shape, scales }: Host, i: number, j: number): number {
  if (scales === undefined) return Number.NaN; // a quantised tensor always has them
  const [n, k, K] = scales.layout === '[out, in]' ? [i, j, shape[1]] : [j, i, shape[0]];
  const at = n * blocksOf(K, scales.block) + Math.floor(k / scales.block);
  return Math.fround(scales.values[at] * Number(data[i * shape[1] + j]));
}

/** A quantised weight can be read in the order it was made for, and in no other. */
export function checkLayout(scales: Pick<Scales, 'layout'>, layout: Layout): void {
  if (scales.layout === layout) return;
  throw new DtypeError(`a weight quantised as ${scales.layout} cannot be read as ${layout}`, { op: 'linear' });
}

export function notFinite(spec: Spec): NumericError {
  return new NumericError(`a weight to be quantised must hold finite numbers: ${describe(spec)} does not`, {
    op: 'quantise',
    where: spec.label && `weight "${spec.label}"`,
  });
}
