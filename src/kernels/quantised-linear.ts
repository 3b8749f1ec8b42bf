/**
 * The linear layer over a weight in int8.
 *
 * Each row of x is quantised by itself, block by block, to 7 bits (what SIMD can multiply with signed bytes everywhere):
 *
 *   t = (max(x, 0) − min(x, 0)) / 127        z = round(−min(x, 0) / t)        p = round(x / t) + z, 0 … 127
 *
 * so that 0 stays 0 and x ≈ t·(p − z). With a weight w ≈ s·q, block by block,
 *
 *   y = Σ_b  s·(t·(Σₖ q·p − z·Σₖ q))  + bias
 *
 * The sums over k are whole numbers below 2²²: exact, in any order. The sum over blocks is one float32 chain, ascending,
 * every step rounded. A kernel that keeps to this gives these bits, on every machine. A block of x that holds a number that
 * is not finite has no scale: NaN, and so has every output.
 */
import type { Host, Scales } from '../tensor/op.ts';
import { block, blocksOf, inverse, nearest } from './quantised.ts';

const { fround } = Math;

/** One row of x in 7 bits. */
export interface QuantisedRow {
  readonly data: Uint8Array; //                                                                [K]
  readonly scales: Float32Array; //                                                            [blocks] t
  readonly zeros: Uint8Array; //                                                               [blocks] z
}

export function quantisedRow(K: number): QuantisedRow {
  const blocks = blocksOf(K);
  return { data: new Uint8Array(K), scales: new Float32Array(blocks), zeros: new Uint8Array(blocks) };
}

/** Quantises x[at …] into `row`. */
export function quantiseRow(x: Float32Array, at: number, { data, scales, zeros }: QuantisedRow): void {
  for (let b = 0, k = 0; b < scales.length; b++) {
    const end = Math.min(data.length, k + block);
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
  { values: scales, layout }: Scales,
  bias: Float32Array | undefined,
  y: Float32Array,
): void {
  const [N, K] = layout === '[out, in]' ? weight.shape : [weight.shape[1], weight.shape[0]];
  const [nStep, kStep] = layout === '[out, in]' ? [K, 1] : [1, N];
  const q = weight.data;
  if (!(q instanceof Int8Array)) return;
  const blocks = blocksOf(K);
  const row = quantisedRow(K);
  const M = N === 0 ? 0 : y.length / N;
  for (let m = 0; m < M; m++) {
    quantiseRow(x, m * K, row);
    for (let n = 0; n < N; n++) {
      let total = 0;
      for (let b = 0; b < blocks; b++) {
        let [dot, sum] = [0, 0];
        for (let k = b * block; k < Math.min(K, (b + 1) * block); k++) {
          const v = q[n * nStep + k * kStep];
          dot += v * row.data[k];
          sum += v;
        }
        const part = fround(row.scales[b] * (dot - row.zeros[b] * sum));
        total = fround(total + fround(scales[n * blocks + b] * part));
      }
      y[m * N + n] = bias === undefined ? total : total + bias[n];
    }
  }
}
