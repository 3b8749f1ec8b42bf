import type { Machine } from './machine.ts';
import { pack, products } from './pack.ts';
import { isWhole, type Kind, type Packed, type Placed, packedBytes } from './storage.ts';

/** Where the factors of a product lie. */
export interface Product {
  /** [M K] row-major float32. */
  readonly x: number;
  /** Panels. */
  readonly w: number;
  readonly kind: Kind;
  /** [N] float32, or 0. */
  readonly bias: number;
  /** [M N] row-major float32. */
  readonly y: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Floats that a thread widens halves into: DEPTH × 32 of assembly/gemm.ts. */
const widened = 256 * 32;

/** y = x·W + bias. One row goes past the weights as it is; more are packed into tiles first. */
export function multiply(m: Machine, { x, w, kind, bias, y, M, N, K }: Product): void {
  if (M === 0 || N === 0) return;
  const room = m.lend(4 * (32 * M + (kind === 0 ? 0 : widened)) * m.parts(M * N * K));
  const tiles = M === 1 ? x : m.lend(4 * M * K);
  if (M > 1) m.divide(M * K * products, 'packTiles', x, tiles, M, K);
  m.divide(M * N * K, 'gemm', tiles, w, bias, y, room, M, N, K, kind, m.paired ? 1 : 0);
}

/** A weight in panels: as it was uploaded, or packed for this op alone. */
export function panelsOf(m: Machine, weight: Placed, layout: Packed['layout']): { w: number; kind: Kind } {
  const kind = weight.packed?.kind;
  if (weight.packed?.layout === layout && kind !== undefined && !isWhole(kind)) return { w: weight.at, kind };
  const [N, K] = layout === '[out, in]' ? weight.shape : [weight.shape[1], weight.shape[0]];
  return { w: packFloats(m, m.floats(weight), N, K, layout), kind: 0 };
}

/** Row-major float32 as panels that live as long as the op. */
export function packFloats(m: Machine, from: number, N: number, K: number, layout: Packed['layout']): number {
  const packed: Packed = { N, K, kind: 0, layout };
  const w = m.lend(packedBytes(packed));
  pack(m, from, w, packed, 0, layout === '[out, in]' ? N : K);
  return w;
}
