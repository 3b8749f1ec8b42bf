/**
 * The linear layer over a weight in int8.
 *
 * Each row of x is quantised by itself, block by block, to 7 bits (what SIMD can multiply with signed bytes everywhere):
 *
 *   l = min x        t = (max x − l) / 127        p = round((x − l) / t), 0 … 127        x ≈ t·p + l
 *
 * so that with a weight w ≈ s·q, block by block,
 *
 *   y = Σ_b  s·(t·Σₖ q·p + l·Σₖ q)  + bias
 *
 * Both sums over k are whole numbers below 2²⁴: exact, in any order. The sum over blocks is one float32 chain, ascending,
 * every step rounded. A kernel that keeps to this gives these bits, on every machine.
 */
import type { Host, Scales } from '../tensor/op.ts';
import { block, blocksOf, inverse, nearest } from './quantised.ts';

const { fround } = Math;

/** One row of x in 7 bits. */
export interface QuantisedRow {
  readonly data: Uint8Array; //                                                                [K]
  readonly scales: Float32Array; //                                                            [blocks] t
  readonly offsets: Float32Array; //                                                           [blocks] l
}

export function quantisedRow(K: number): QuantisedRow {
  const blocks = blocksOf(K);
  return { data: new Uint8Array(K), scales: new Float32Array(blocks), offsets: new Float32Array(blocks) };
}

/** Quantises x[at …] into `row`. */
export function quantiseRow(x: Float32Array, at: number, { data, scales, offsets }: QuantisedRow): void {
  for (let b = 0, k = 0; b < scales.length; b++) {
    const end = Math.min(data.length, k + block);
    let [low, high] = [x[at + k], x[at + k]];
    for (let i = k; i < end; i++) {
      low = Math.min(low, x[at + i]);
      high = Math.max(high, x[at + i]);
    }
    const scale = fround(fround(high / 127) - fround(low / 127)); // a difference of halves of the range cannot overflow
    const by = inverse(scale);
    for (; k < end; k++) data[k] = Math.min(127, nearest(fround(fround(x[at + k] - low) * by)));
    scales[b] = scale;
    offsets[b] = low;
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
        const part = fround(fround(row.scales[b] * dot) + fround(row.offsets[b] * sum));
        total = fround(total + fround(scales[n * blocks + b] * part));
      }
      y[m * N + n] = bias === undefined ? total : total + bias[n];
    }
  }
}
