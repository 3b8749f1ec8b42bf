/** Weights in int8: packed and multiplied as assembly/int8.ts says. */
import type { Host } from '../../tensor/op.ts';
import type { Layout } from '../linear.ts';
import { block, blocksOf, checkLayout } from '../quantised.ts';
import type { Machine } from './machine.ts';
import { products } from './pack.ts';
import { outputBytes, type Packed, type Placed, rowBytes } from './storage.ts';

/** The whole numbers and scales that a packed weight was made of; copies. */
export function unpackInt8(m: Machine, at: number, { N, K, layout }: Packed): Pick<Host, 'data' | 'scales'> {
  const bytes = m.view(at, 'I8', Math.ceil(N / 32) * 32 * outputBytes(K));
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [nStep, kStep] = layout === '[out, in]' ? [K, 1] : [1, N];
  const blocks = blocksOf(K);
  const data = new Int8Array(N * K);
  const values = new Float32Array(N * blocks);
  const scales = new Int32Array(values.buffer);
  for (let n = 0; n < N; n++) {
    const [panel, t] = [(n - (n % 32)) * outputBytes(K), n % 32];
    for (let b = 0, begin = panel; b < blocks; b++, begin += 32 * (block + 4)) {
      const [first, depth] = [b * block, Math.min(block, K - b * block)];
      for (let j = 0; j < depth; j++) {
        data[n * nStep + (first + j) * kStep] = Number(bytes[begin + (j >> 2) * 128 + t * 4 + (j & 3)]);
      }
      const word = words.getInt32(begin + Math.ceil(depth / 4) * 128 + t * 4, true);
      scales[n * blocks + b] = word & 0xffff0000;
    }
  }
  return { data, scales: { values, layout } };
}

/** Where the factors of a linear layer lie. */
interface Factors {
  readonly x: number;
  readonly weight: Placed;
  readonly layout: Layout;
  /** [N] float32, or 0. */
  readonly bias: number;
  readonly y: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** y = x·W + bias, x quantised row by row. */
export function multiplyInt8(m: Machine, { x, weight, layout, bias, y, M, N, K }: Factors): void {
  if (weight.packed !== undefined) checkLayout({ layout: weight.packed.layout }, layout);
  if (M === 0 || N === 0) return;
  const room = m.lend(4 * 32 * M * m.parts(M * N * K));
  const tiles = m.lend(M * rowBytes(K));
  m.divide(M * K * products, 'quantiseTiles', x, tiles, M, K);
  m.divide(M * N * K, 'gemm8', tiles, weight.at, bias, y, room, M, N, K, m.wideDots ? 1 : 0);
}
