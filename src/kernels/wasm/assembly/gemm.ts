/**
 * Products with a packed weight: y [M N] = x [M K] · W [K N] + bias.
 *
 * The weight lies in panels of 32 columns, [K][32] each: one row goes past them in the order of their bytes, which is as
 * fast as memory can be read. x lies in tiles of 6, 2 or 1 rows, [K][rows] each. Every output is one chain over k ascending
 * from 0, whatever the tile: rows and columns beside it do not change its bits.
 */
import { row16, row32 } from './gemv';
import { widen } from './half';
import { firstOf } from './simd';
import { tile2x16, tile2x32, tile6x16, tile6x8 } from './tiles';

/** Rows of k whose part of a panel, 32 KB, stays in the first cache while all rows of x pass. */
const DEPTH: i32 = 256;
/** Fewer, where so few rows pass that they wait for memory: the part of a panel they share is used while it is fresh. */
const SHALLOW: i32 = 32;
const FEW: i32 = 16;

/**
 * The panels of part `part` of `parts`. `tiles` is x packed by packTiles, one row as it is. `kind` of the weights: 0 float32,
 * 1 F16 without infinities, 2 BF16. `paired`: with tiles for 256 bits. `room` holds M × 32 floats, and DEPTH × 32 for every part where the weights are halves.
 */
export function gemm(
  tiles: usize, w: usize, bias: usize, y: usize, room: usize,
  M: i32, N: i32, K: i32, kind: i32, paired: i32, part: i32, parts: i32,
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
    clear(sums, row, M);
    if (M == 1) {
      if (kind == 0) row32(tiles, p, sums, K);
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
        rowsOf(tiles, b, sums, row, M, K, k, d, paired);
      }
    }
    finish(sums, row, bias == 0 ? 0 : bias + <usize>column * 4, y + <usize>column * 4, <usize>N * 4, M, min(32, N - column));
  }
}

/** Every sum begins at 0. */
@inline
function clear(y: usize, row: usize, M: i32): void {
  const zero = f32x4.splat(0);
  for (let i = 0; i < M; i++, y += row) {
    v128.store(y, zero); v128.store(y, zero, 16); v128.store(y, zero, 32); v128.store(y, zero, 48);
    v128.store(y, zero, 64); v128.store(y, zero, 80); v128.store(y, zero, 96); v128.store(y, zero, 112);
  }
}

/** Rows k … k + d of a panel against all rows of x: first the smaller tiles, which bring whole rows of the panel. */
function rowsOf(tiles: usize, p: usize, y: usize, row: usize, M: i32, K: i32, k: i32, d: i32, paired: i32): void {
  let i = M - (M % 6);
  for (; i + 2 <= M; i += 2) {
    const q = tiles + <usize>(i * K + k * 2) * 4, o = y + <usize>i * row;
    if (paired) tile2x32(q, p, 128, o, row, d);
    else for (let t: usize = 0; t < 128; t += 64) tile2x16(q, p + t, 128, o + t, row, d);
  }
  if (i < M) row32(tiles + <usize>(i * K + k) * 4, p, y + <usize>i * row, d);
  for (i = 0; i + 6 <= M; i += 6, y += 6 * row) {
    const q = tiles + <usize>(i * K + k * 6) * 4;
    if (paired) for (let t: usize = 0; t < 128; t += 64) tile6x16(q, p + t, 128, y + t, row, d);
    else for (let t: usize = 0; t < 128; t += 32) tile6x8(q, p + t, 128, y + t, row, d);
  }
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
