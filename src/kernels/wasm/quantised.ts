/** Weights in whole numbers: multiplied with, and read back, as assembly/int8.ts and assembly/int4.ts lay them out. */
import type { Host } from '../../tensor/op.ts';
import { blocksOf, codings } from '../codings.ts';
import type { Layout } from '../linear.ts';
import { checkLayout } from '../quantised.ts';
import type { Machine } from './machine.ts';
import { products } from './pack.ts';
import { outputBytes, type Packed, type Placed, rowBytes, type Whole } from './storage.ts';

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
export function multiplyQuantised(m: Machine, { x, weight, layout, bias, y, M, N, K }: Factors): void {
  if (weight.packed !== undefined) checkLayout({ layout: weight.packed.layout }, layout);
  if (M === 0 || N === 0) return;
  const inFour = weight.packed?.kind === 'int4';
  const rows = inFour ? M + 8 : M; // beside the sums of a panel, a block of it spread to bytes
  const room = m.lend(4 * 32 * rows * m.parts(M * N * K));
  const tiles = m.lend(M * rowBytes(K));
  m.divide(M * K * products, 'quantiseTiles', x, tiles, M, K);
  if (inFour) m.divide(M * K * products, 'signTiles', tiles, M, K);
  const kernel = inFour ? 'gemm4' : 'gemm8';
  m.divide(M * N * K, kernel, tiles, weight.at, bias, y, room, M, N, K, m.wideDots ? 1 : 0, m.paired ? 1 : 0);
}

/** The whole numbers and scales that a packed weight was made of; copies. */
export function unpackQuantised(
  m: Machine,
  at: number,
  packed: Packed & { kind: Whole },
): Pick<Host, 'data' | 'scales'> {
  const { N, K, kind, layout } = packed;
  const { block } = codings[kind === 'int8' ? 'Q8' : 'Q4'];
  const size = Math.ceil(N / 32) * 32 * outputBytes(K, kind);
  const view = new DataView(m.bytes(at, size).slice().buffer);
  const [nStep, kStep] = layout === '[out, in]' ? [K, 1] : [1, N];
  const blocks = blocksOf(K, block);
  const data = new Int8Array(N * K);
  const values = new Float32Array(N * blocks);
  const scales = new Int32Array(values.buffer);
  const read = kind === 'int8' ? int8At : int4At;
  for (let n = 0; n < N; n++) {
    const [panel, t] = [(n - (n % 32)) * outputBytes(K, kind), n % 32];
    for (let b = 0; b < blocks; b++) {
      const begin = panel + 32 * outputBytes(b * block, kind);
      const depth = Math.min(block, K - b * block);
      for (let j = 0; j < depth; j++) data[n * nStep + (b * block + j) * kStep] = read.value(view, begin, t, j);
      scales[n * blocks + b] = read.scale(view, begin, t, depth);
    }
  }
  return { data, scales: { values, layout, block } };
}

/** Of a block that begins there, output t: number j, and the bits of the scale behind `depth` of them. */
interface BlockReader {
  value(view: DataView, begin: number, t: number, j: number): number;
  scale(view: DataView, begin: number, t: number, depth: number): number;
}

const int8At: BlockReader = {
  value: (view, begin, t, j) => view.getInt8(begin + (j >> 2) * 128 + t * 4 + (j & 3)),
  scale: (view, begin, t, depth) => view.getInt32(begin + Math.ceil(depth / 4) * 128 + t * 4, true) & 0xffff0000,
};

const int4At: BlockReader = {
  value: (view, begin, t, j) => ((view.getUint8(begin + (j >> 3) * 128 + t * 4 + (j & 3)) >> (j & 4)) & 15) - 8,
  scale: (view, begin, t, depth) => view.getUint16(begin + Math.ceil(depth / 8) * 128 + t * 2, true) << 16,
};
