/**
 * The linear layer over a weight in whole numbers.
 *
 * Each row of x is quantised by itself, block by block, to 7 bits (what SIMD can multiply with signed bytes everywhere):
 *
 *   t = (max(x, 0) − min(x, 0)) / 127        z = round(−min(x, 0) / t)        p = round(x / t) + z, 0 … 127
 *
 * in blocks of 64, so that 0 stays 0 and x ≈ t·(p − z). With a weight w ≈ s·q, block by block of its own (64 or half of it),
 *
 *   y = Σ_b  s·(t·Σₖ q·(p − z))  + bias
 *
 * The sums over k are whole numbers below 2²²: exact, in any order. The sum over blocks is one float32 chain, ascending,
 * every step rounded. A kernel that keeps to this gives these bits, on every machine. A block of x that holds a number that
 * is not finite has no scale: NaN, and so has every output.
 */
import type { Host, Scales } from '../tensor/op.ts';
import { blocksOf, longestBlock } from './codings.ts';
import { inverse, nearest, sidesOf } from './quantised.ts';

const { fround } = Math;

/** One row of x in 7 bits. */
export interface QuantisedRow {
  readonly data: Uint8Array; //                                                                [K]
  readonly scales: Float32Array; //                                                            [blocks] t
  readonly zeros: Uint8Array; //                                                               [blocks] z
}

export function quantisedRow(K: number): QuantisedRow {
  const blocks = blocksOf(K, longestBlock);
  return { data: new Uint8Array(K), scales: new Float32Array(blocks), zeros: new Uint8Array(blocks) };
}

/** Quantises x[at …] into `row`. */
export function quantiseRow(x: Float32Array, at: number, { data, scales, zeros }: QuantisedRow): void {
  for (let b = 0, k = 0; b < scales.length; b++) {
    const end = Math.min(data.length, k + longestBlock);
    let [low, high] = [0, 0];
    for (let i = k; i < end; i++) {
      low = Math.min(low, x[at + i]);
      high = Math.max(high, x[at + i]);
    }
    const scale = fround(fround(high / 127) - fround(low / 127)); // a difference of halves of the range cannot overflow
    const by = inverse(scale);
    const zero = -nearest(fround(low * by));
    for (; k < end; k++) data[k] = Math.min(127, nearest(fround(x[at + k] * by)) + zero);
    scales[b] = fround(scale + fround(scale - scale)); // infinity becomes NaN
    zeros[b] = zero;
  }
}

/** y [M N] = x [M K] · W + bias, W as `scales` and the whole numbers of `weight` say. */
export function quantisedLinear(
  x: Float32Array,
  weight: Host,
  { values: scales, layout, block }: Scales,
  bias: Float32Array | undefined,
  y: Float32Array,
): void {
  const { N, K } = sidesOf(weight.shape, layout);
  const [nStep, kStep] = layout === '[out, in]' ? [K, 1] : [1, N];
  const q = weight.data;
  if (!(q instanceof Int8Array)) return;
  const blocks = blocksOf(K, block);
  const row = quantisedRow(K);
  const M = N === 0 ? 0 : y.length / N;
  for (let m = 0; m < M; m++) {
    quantiseRow(x, m * K, row);
    for (let n = 0; n < N; n++) {
      let total = 0;
      for (let b = 0; b < blocks; b++) {
        const [begin, end] = [b * block, Math.min(K, (b + 1) * block)];
        const a = Math.floor(begin / longestBlock);
        let dot = 0;
        for (let k = begin; k < end; k++) dot += q[n * nStep + k * kStep] * (row.data[k] - row.zeros[a]);
        const part = fround(row.scales[a] * dot);
        total = fround(total + fround(scales[n * blocks + b] * part));
      }
      y[m * N + n] = bias === undefined ? total : total + bias[n];
    }
  }
}
