/**
 * Products with a packed weight: y [M N] = x [M K] · W [K N] + bias.
 *
 * The weight lies in panels of 8 columns, [K][8] each; x in tiles of 6, 4, 2 or 1 rows, [K][rows] each. Every output is
 * one chain over k ascending from 0, whatever the tile: rows and columns beside it do not change its bits.
 *
 * 6 × 8: 12 sums, 2 weight vectors and 1 broadcast are 15 of the 16 registers of x86.
 */
import { widen } from './half';
import { firstOf, fma } from './simd';

/** Depth of a block of k: its part of a panel, 16 KB, stays in the first cache while all rows pass. */
const depth: i32 = 512;

/** Bytes of the room of one thread: 6 × 8 sums, and a panel of floats where the weights are halves. */
@inline
export function roomBytes(K: i32, kind: i32): usize {
  return 192 + (kind == 0 ? 0 : <usize>K * 32);
}

/**
 * The panels of part `part` of `parts`. `tiles` is x packed by packTiles; `kind` as in gemv.ts; `room` has roomBytes for
 * every part. A panel of halves is widened once and serves all rows.
 */
export function gemm(
  tiles: usize, w: usize, bias: usize, y: usize, room: usize,
  M: i32, N: i32, K: i32, kind: i32, part: i32, parts: i32,
): void {
  const panels = (N + 7) / 8;
  const spill = room + <usize>part * roomBytes(K, kind);
  for (let panel = firstOf(panels, part, parts), to = firstOf(panels, part + 1, parts); panel < to; panel++) {
    const column = panel * 8;
    let b = w + <usize>(panel * K) * (kind == 0 ? 32 : 16);
    if (kind != 0) {
      widen(b, spill + 192, K * 8, kind);
      b = spill + 192;
    }
    if (column + 8 <= N) fullPanel(tiles, b, bias, y + <usize>column * 4, column, M, N, K);
    else edgePanel(tiles, b, bias, y + <usize>column * 4, column, spill, M, N, K);
  }
}

function fullPanel(a: usize, b: usize, bias: usize, y: usize, column: i32, M: i32, N: i32, K: i32): void {
  const row = <usize>N * 4;
  for (let k = 0; k < K || k == 0; k += depth) {
    const d = min(depth, K - k);
    const p = b + <usize>k * 32;
    let i = 0;
    for (; i + 6 <= M; i += 6) tile6(a + <usize>(i * K + k * 6) * 4, p, y + <usize>i * row, row, d, k > 0);
    if (i + 4 <= M) {
      tile4(a + <usize>(i * K + k * 4) * 4, p, y + <usize>i * row, row, d, k > 0);
      i += 4;
    }
    if (i + 2 <= M) {
      tile2(a + <usize>(i * K + k * 2) * 4, p, y + <usize>i * row, row, d, k > 0);
      i += 2;
    }
    if (i < M) tile1(a + <usize>(i * K + k) * 4, p, y + <usize>i * row, d, k > 0);
  }
  if (bias == 0) return;
  const b0 = v128.load(bias + <usize>column * 4), b1 = v128.load(bias + <usize>column * 4, 16);
  for (let i = 0; i < M; i++, y += row) {
    v128.store(y, f32x4.add(v128.load(y), b0));
    v128.store(y, f32x4.add(v128.load(y, 16), b1), 16);
  }
}

/** The last panel where N is no multiple of 8: whole tiles go to `spill`, and only what exists goes on to y. */
function edgePanel(a: usize, b: usize, bias: usize, y: usize, column: i32, spill: usize, M: i32, N: i32, K: i32): void {
  for (let i = 0; i < M; ) {
    const rows = M - i >= 6 ? 6 : M - i >= 4 ? 4 : M - i >= 2 ? 2 : 1;
    const t = a + <usize>(i * K) * 4;
    if (rows == 6) tile6(t, b, spill, 32, K, false);
    else if (rows == 4) tile4(t, b, spill, 32, K, false);
    else if (rows == 2) tile2(t, b, spill, 32, K, false);
    else tile1(t, b, spill, K, false);
    for (let r = 0; r < rows; r++, i++) copyEdge(spill + <usize>r * 32, bias, y + <usize>(i * N) * 4, column, N);
  }
}

/** The columns of one row that exist in the last panel, with their bias. */
export function copyEdge(sums: usize, bias: usize, y: usize, column: i32, N: i32): void {
  for (let n = column; n < N; n++, sums += 4, y += 4) {
    const sum = load<f32>(sums);
    store<f32>(y, bias == 0 ? sum : sum + load<f32>(bias + <usize>n * 4));
  }
}

function tile6(q: usize, p: usize, y: usize, row: usize, K: i32, more: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
  let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  if (more) {
    let o = y;
    c00 = v128.load(o); c01 = v128.load(o, 16); o += row;
    c10 = v128.load(o); c11 = v128.load(o, 16); o += row;
    c20 = v128.load(o); c21 = v128.load(o, 16); o += row;
    c30 = v128.load(o); c31 = v128.load(o, 16); o += row;
    c40 = v128.load(o); c41 = v128.load(o, 16); o += row;
    c50 = v128.load(o); c51 = v128.load(o, 16);
  }
  const end = p + <usize>K * 32;
  while (p < end) {
    const b0 = v128.load(p), b1 = v128.load(p, 16);
    let x = v128.load32_splat(q);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load32_splat(q, 4);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    x = v128.load32_splat(q, 8);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
    x = v128.load32_splat(q, 12);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
    x = v128.load32_splat(q, 16);
    c40 = fma(x, b0, c40); c41 = fma(x, b1, c41);
    x = v128.load32_splat(q, 20);
    c50 = fma(x, b0, c50); c51 = fma(x, b1, c51);
    p += 32;
    q += 24;
  }
  v128.store(y, c00); v128.store(y, c01, 16); y += row;
  v128.store(y, c10); v128.store(y, c11, 16); y += row;
  v128.store(y, c20); v128.store(y, c21, 16); y += row;
  v128.store(y, c30); v128.store(y, c31, 16); y += row;
  v128.store(y, c40); v128.store(y, c41, 16); y += row;
  v128.store(y, c50); v128.store(y, c51, 16);
}

function tile4(q: usize, p: usize, y: usize, row: usize, K: i32, more: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  if (more) {
    let o = y;
    c00 = v128.load(o); c01 = v128.load(o, 16); o += row;
    c10 = v128.load(o); c11 = v128.load(o, 16); o += row;
    c20 = v128.load(o); c21 = v128.load(o, 16); o += row;
    c30 = v128.load(o); c31 = v128.load(o, 16);
  }
  const end = p + <usize>K * 32;
  while (p < end) {
    const b0 = v128.load(p), b1 = v128.load(p, 16);
    let x = v128.load32_splat(q);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load32_splat(q, 4);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    x = v128.load32_splat(q, 8);
    c20 = fma(x, b0, c20); c21 = fma(x, b1, c21);
    x = v128.load32_splat(q, 12);
    c30 = fma(x, b0, c30); c31 = fma(x, b1, c31);
    p += 32;
    q += 16;
  }
  v128.store(y, c00); v128.store(y, c01, 16); y += row;
  v128.store(y, c10); v128.store(y, c11, 16); y += row;
  v128.store(y, c20); v128.store(y, c21, 16); y += row;
  v128.store(y, c30); v128.store(y, c31, 16);
}

function tile2(q: usize, p: usize, y: usize, row: usize, K: i32, more: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero;
  if (more) {
    c00 = v128.load(y); c01 = v128.load(y, 16);
    c10 = v128.load(y + row); c11 = v128.load(y + row, 16);
  }
  const end = p + <usize>K * 32;
  while (p < end) {
    const b0 = v128.load(p), b1 = v128.load(p, 16);
    let x = v128.load32_splat(q);
    c00 = fma(x, b0, c00); c01 = fma(x, b1, c01);
    x = v128.load32_splat(q, 4);
    c10 = fma(x, b0, c10); c11 = fma(x, b1, c11);
    p += 32;
    q += 8;
  }
  v128.store(y, c00); v128.store(y, c01, 16);
  v128.store(y + row, c10);
  v128.store(y + row, c11, 16);
}

/** One row against one panel. */
export function tile1(q: usize, p: usize, y: usize, K: i32, more: bool): void {
  let c0 = f32x4.splat(0), c1 = c0;
  if (more) {
    c0 = v128.load(y); c1 = v128.load(y, 16);
  }
  const end = p + <usize>K * 32;
  while (p < end) {
    const x = v128.load32_splat(q);
    c0 = fma(x, v128.load(p), c0); c1 = fma(x, v128.load(p, 16), c1);
    p += 32;
    q += 4;
  }
  v128.store(y, c0); v128.store(y, c1, 16);
}
