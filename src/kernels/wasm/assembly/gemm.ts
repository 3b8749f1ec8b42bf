/**
 * Products with a packed weight: y [M N] = x [M K] · W [K N] + bias.
 *
 * The weight lies in panels of 32 columns, [K][32] each: one row goes past them in the order of their bytes, which is as
 * fast as memory can be read. x lies in tiles of 6, 2 or 1 rows, [K][rows] each. Every output is one chain over k ascending
 * from 0, whatever the tile: rows and columns beside it do not change its bits.
 *
 * 6 × 8: 12 sums, 2 weight vectors and 1 broadcast are 15 of the 16 registers of x86.
 */
import { row16, row32 } from './gemv';
import { widen } from './half';
import { firstOf, fma } from './simd';

/** Rows of k whose part of a panel, 32 KB, stays in the first cache while all rows of x pass. */
const DEPTH: i32 = 256;
/** Fewer, where so few rows pass that they wait for memory: the part of a panel they share is used while it is fresh. */
const SHALLOW: i32 = 64;
const FEW: i32 = 16;

/**
 * The panels of part `part` of `parts`. `tiles` is x packed by packTiles, one row as it is. `kind` of the weights: 0 float32,
 * 1 F16 without infinities, 2 BF16. `room` holds M × 32 floats, and DEPTH × 32 for every part where the weights are halves.
 */
export function gemm(
  tiles: usize, w: usize, bias: usize, y: usize, room: usize,
  M: i32, N: i32, K: i32, kind: i32, part: i32, parts: i32,
): void {
  const panels = (N + 31) / 32;
  const size: usize = kind == 0 ? 4 : 2;
  const floats = room + <usize>(M + part * DEPTH) * 128;
  for (let panel = firstOf(panels, part, parts), to = firstOf(panels, part + 1, parts); panel < to; panel++) {
    const column = panel * 32;
    const whole = column + 32 <= N; // the last panel may hold columns that do not exist: they never reach y
    const sums = whole ? y + <usize>column * 4 : room;
    const row = whole ? <usize>N * 4 : 128;
    const p = w + <usize>(column * K) * size;
    if (M == 1) {
      if (kind == 0) row32(tiles, p, sums, K, false);
      else row16(tiles, p, sums, K, kind);
    } else {
      const depth = kind == 0 && M < FEW ? SHALLOW : DEPTH;
      for (let k = 0; k < K || k == 0; k += depth) {
        const d = min(depth, K - k);
        let b = p + <usize>(k * 32) * size;
        if (kind != 0) {
          widen(b, floats, d * 32, kind);
          b = floats;
        }
        rowsOf(tiles, b, sums, row, M, K, k, d);
      }
    }
    finish(sums, row, bias == 0 ? 0 : bias + <usize>column * 4, y + <usize>column * 4, <usize>N * 4, M, min(32, N - column));
  }
}

/** Rows k … k + d of a panel against all rows of x. */
function rowsOf(tiles: usize, p: usize, y: usize, row: usize, M: i32, K: i32, k: i32, d: i32): void {
  const more = k > 0;
  let i = 0;
  for (; i + 6 <= M; i += 6, y += 6 * row) {
    const q = tiles + <usize>(i * K + k * 6) * 4;
    for (let t: usize = 0; t < 128; t += 32) tile6(q, p + t, y + t, row, d, more);
  }
  for (; i + 2 <= M; i += 2, y += 2 * row) {
    const q = tiles + <usize>(i * K + k * 2) * 4;
    for (let t: usize = 0; t < 128; t += 64) tile2(q, p + t, y + t, row, d, more);
  }
  if (i < M) row32(tiles + <usize>(i * K + k) * 4, p, y, d, more);
}

/** Adds the bias, and takes the columns that exist from where they were summed up to where they belong. */
function finish(sums: usize, row: usize, bias: usize, y: usize, yRow: usize, M: i32, count: i32): void {
  if (bias == 0 && sums == y) return;
  for (let i = 0; i < M; i++, sums += row, y += yRow) {
    let n: usize = 0;
    for (const end = <usize>(count & ~3) * 4; n < end; n += 16) {
      const sum = v128.load(sums + n);
      v128.store(y + n, bias == 0 ? sum : f32x4.add(sum, v128.load(bias + n)));
    }
    for (const end = <usize>count * 4; n < end; n += 4) {
      const sum = load<f32>(sums + n);
      store<f32>(y + n, bias == 0 ? sum : sum + load<f32>(bias + n));
    }
  }
}

/** 6 rows × 8 columns. */
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
  const end = p + <usize>K * 128;
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
    p += 128;
    q += 24;
  }
  v128.store(y, c00); v128.store(y, c01, 16); y += row;
  v128.store(y, c10); v128.store(y, c11, 16); y += row;
  v128.store(y, c20); v128.store(y, c21, 16); y += row;
  v128.store(y, c30); v128.store(y, c31, 16); y += row;
  v128.store(y, c40); v128.store(y, c41, 16); y += row;
  v128.store(y, c50); v128.store(y, c51, 16);
}

/** 2 rows × 16 columns. */
function tile2(q: usize, p: usize, y: usize, row: usize, K: i32, more: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c02 = zero, c03 = zero, c10 = zero, c11 = zero, c12 = zero, c13 = zero;
  if (more) {
    c00 = v128.load(y); c01 = v128.load(y, 16); c02 = v128.load(y, 32); c03 = v128.load(y, 48);
    const o = y + row;
    c10 = v128.load(o); c11 = v128.load(o, 16); c12 = v128.load(o, 32); c13 = v128.load(o, 48);
  }
  const end = p + <usize>K * 128;
  while (p < end) {
    const x0 = v128.load32_splat(q), x1 = v128.load32_splat(q, 4);
    let b = v128.load(p);
    c00 = fma(x0, b, c00); c10 = fma(x1, b, c10);
    b = v128.load(p, 16);
    c01 = fma(x0, b, c01); c11 = fma(x1, b, c11);
    b = v128.load(p, 32);
    c02 = fma(x0, b, c02); c12 = fma(x1, b, c12);
    b = v128.load(p, 48);
    c03 = fma(x0, b, c03); c13 = fma(x1, b, c13);
    p += 128;
    q += 8;
  }
  v128.store(y, c00); v128.store(y, c01, 16); v128.store(y, c02, 32); v128.store(y, c03, 48);
  y += row;
  v128.store(y, c10); v128.store(y, c11, 16); v128.store(y, c12, 32); v128.store(y, c13, 48);
}
