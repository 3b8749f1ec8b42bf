/**
 * Products with a packed weight: y [M N] = x [M K] · W [K N] + bias.
 *
 * The weight lies in panels of 32 columns, [K][32] each: one row goes past them in the order of their bytes, which is as
 * fast as memory can be read. x lies in tiles of 6, 2 or 1 rows, [K][rows] each. Every output is one chain over k ascending
 * from 0, whatever the tile: rows and columns beside it do not change its bits.
 */
import { row16, row32 } from './gemv';
import { widen } from './half';
import { clear, copyRow, firstOf } from './simd';
import { tile2x16, tile2x32, tile6x16, tile6x8 } from './tiles';

/** Rows of k whose part of a panel, 32 KB, stays in the first cache while all rows of x pass. */
const DEPTH: i32 = 256;
/**
 * With fewer rows of x than this, reading the weights takes about as long as the products. Then a part of a panel is a page of
 * memory, which is fetched while the one before it is multiplied: 8 rows on two threads 45 ms where it was 58 (GPT-2, Zen 1).
 * Parts that lie across two pages cost a sixth of that.
 */
const FEW: i32 = 40;
/** Rows of k whose part of a panel of float32 is a page. */
const PAGE: i32 = 32;

/**
 * The panels of part `part` of `parts`. `tiles` is x packed by packTiles, one row as it is. `kind` of the weights: 0 float32,
 * 1 F16 without infinities, 2 BF16. `paired`: with tiles for 256 bits. `room` holds for every part M × 32 floats, and DEPTH ×
 * 32 more where the weights are halves.
 */
export function gemm(
  tiles: usize, w: usize, bias: usize, y: usize, room: usize,
  M: i32, N: i32, K: i32, kind: i32, paired: i32, part: i32, parts: i32,
): void {
  const panels = (N + 31) / 32;
  const line: usize = kind == 0 ? 128 : 64;
  const sums = room + <usize>(part * M) * 128;
  const floats = room + <usize>(parts * M + part * DEPTH) * 128;
  for (let panel = firstOf(panels, part, parts), to = firstOf(panels, part + 1, parts); panel < to; panel++) {
    const column = panel * 32;
    const p = w + <usize>(panel * K) * line;
    clear(sums, M);
    if (M == 1) {
      if (kind == 0) row32(tiles, p, sums, K);
      else row16(tiles, p, sums, K, kind);
    } else {
      for (let k = 0, d = 0; k < K; k += d) {
        const stored = p + <usize>k * line;
        d = min(kind == 0 && M < FEW ? PAGE - <i32>((stored / line) % PAGE) : DEPTH, K - k);
        if (kind != 0) widen(stored, floats, d * 32, kind);
        const b = kind == 0 ? stored : floats;
        if (M < FEW) rowsOf(tiles, b, sums, M, K, k, d, paired, stored + <usize>d * line, line);
        else rowsOf(tiles, b, sums, M, K, k, d, paired, stored, 0);
      }
    }
    const count = min(32, N - column);
    for (let i = 0; i < M; i++) {
      copyRow(sums + <usize>i * 128, bias == 0 ? 0 : bias + <usize>column * 4, y + <usize>(i * N + column) * 4, count);
    }
  }
}

/**
 * Rows k … k + d of a panel against all rows of x: first the smaller tiles, which bring whole rows of the panel. The tiles of 6
 * fetch what comes `next`, `line` bytes a row, all of them together.
 */
function rowsOf(
  tiles: usize, p: usize, y: usize, M: i32, K: i32, k: i32, d: i32, paired: i32, next: usize, line: usize,
): void {
  let i = M - (M % 6);
  for (; i + 2 <= M; i += 2) {
    const q = tiles + <usize>(i * K + k * 2) * 4, o = y + <usize>i * 128;
    if (paired) tile2x32(q, p, 128, o, 128, d);
    else for (let t: usize = 0; t < 128; t += 64) tile2x16(q, p + t, 128, o + t, 128, d);
  }
  if (i < M) row32(tiles + <usize>(i * K + k) * 4, p, y + <usize>i * 128, d);
  const half = line / 2, quarter = line / 4;
  for (i = 0; i + 6 <= M; i += 6, y += 768) {
    const q = tiles + <usize>(i * K + k * 6) * 4;
    if (paired) for (let t: usize = 0; t < 2; t++) tile6x16(q, p + t * 64, 128, y + t * 64, 128, d, next + t * half * d, half);
    else for (let t: usize = 0; t < 4; t++) tile6x8(q, p + t * 32, 128, y + t * 32, 128, d, next + t * quarter * d, quarter);
  }
}
