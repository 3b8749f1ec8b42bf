/**
 * Products with a weight in int4: y [M N] = x [M K] · W [K N] + bias, as src/kernels/quantised-linear.ts says, bit for bit.
 *
 * The weight lies in panels of 32 outputs, cut into blocks of 32 inputs: [k/8][32][4] bytes, then 32 scales, bfloat16. A byte
 * is q + 8 of two inputs, so that one load brings 4 inputs of 4 outputs in the lower halves of its bytes, the next 4 inputs in
 * the upper ones. x lies in the tiles of int8.ts, but signed, p − z: numbers from 0 to 15 may be the second factor of a dot,
 * and then Σ q·(p − z) = Σ (q + 8)·(p − z) − 8·Σ (p − z), whose last term is the same for all outputs. Nothing but a scale has
 * to stand beside a block.
 */
import { constant, LOWER } from './constants';
import { row, tile2x16, tile6x16, tile6x8 } from './int4-tiles';
import { BLOCK as LONG, depthAt, rowBytes } from './int8';
import { clear, copyRow, firstOf, firstRow, rowsAt } from './simd';

/** Depth of a block: that of Q4 in src/kernels/codings.ts. */
export const BLOCK: i32 = 32;
/** Bytes of a block of 32 outputs. */
export const UNIT: usize = 32 * (BLOCK / 2 + 2);

/** Bytes of an output of the weight: pairs of inputs, in eights, and a scale a block. */
@inline
export function outputBytes4(K: i32): usize {
  return <usize>(((K + 7) & ~7) / 2 + 2 * ((K + BLOCK - 1) / BLOCK));
}

/** Makes tiles of int8.ts signed: bytes p − z, and in place of −z two sums in 16 bits, −8·Σ (p − z) of either half. Part `part` of `parts`. */
export function signTiles(a: usize, M: i32, K: i32, part: i32, parts: i32): void {
  const bytes = rowBytes(K);
  for (let i = firstRow(M, part, parts), to = firstRow(M, part + 1, parts); i < to; ) {
    const rows = rowsAt(i, M);
    for (let k = 0; k < K; k += LONG) {
      const block = a + <usize>i * bytes + <usize>(rows * (k / LONG) * (LONG + 8));
      for (let r = 0; r < rows; r++) signRow(block + <usize>r * 4, <usize>rows * 4, depthAt(k, K));
    }
    i += rows;
  }
}

/** One row of a block, its fours `step` bytes apart. */
function signRow(p: usize, step: usize, depth: i32): void {
  const word = p + <usize>(depth / 4) * step + step;
  const minusZ = i8x16.splat(<i8>load<i32>(word));
  let sum0 = i32x4.splat(0), sum1 = sum0;
  for (let k = 0; k < depth; k += 4, p += step) {
    const v = i8x16.add(v128.load32_zero(p), minusZ);
    v128.store_lane<i32>(p, v, 0);
    const sum = i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(v));
    if (k < BLOCK) sum0 = i32x4.add(sum0, sum);
    else sum1 = i32x4.add(sum1, sum);
  }
  store<i16>(word, <i16>(-8 * i32x4.extract_lane(sum0, 0)));
  store<i16>(word + 2, <i16>(-8 * i32x4.extract_lane(sum1, 0)));
}

/**
 * The panels of part `part` of `parts`. `room` has (M + 8) × 32 floats for every part. `wide`: with the instruction that adds
 * up in i32. `paired`: with tiles for 256 bits.
 */
export function gemm4(
  a: usize, w: usize, bias: usize, y: usize, room: usize,
  M: i32, N: i32, K: i32, wide: i32, paired: i32, part: i32, parts: i32,
): void {
  const panels = (N + 31) / 32;
  const spill = room + <usize>(part * (M + 8)) * 128;
  for (let panel = firstOf(panels, part, parts), to = firstOf(panels, part + 1, parts); panel < to; panel++) {
    clear(spill, M);
    const p = w + <usize>panel * 32 * outputBytes4(K);
    if (ASC_FEATURE_RELAXED_SIMD && wide) rowsOf<i32>(a, p, spill, M, K, paired);
    else rowsOf<i16>(a, p, spill, M, K, 0);
    const column = panel * 32;
    const count = min(32, N - column);
    for (let i = 0; i < M; i++) {
      copyRow(spill + <usize>i * 128, bias == 0 ? 0 : bias + <usize>column * 4, y + <usize>(i * N + column) * 4, count);
    }
  }
}

/** All rows of a panel. Those in tiles share the bytes that a block is spread to; the last one may be alone. */
function rowsOf<T>(a: usize, panel: usize, y: usize, M: i32, K: i32, paired: i32): void {
  const bytes = rowBytes(K), room = y + <usize>M * 128, last = M - (M % 6) % 2; // rows in tiles
  for (let k = 0, p = panel; last > 0 && k < K; k += BLOCK, p += UNIT) {
    const depth = (min(BLOCK, K - k) + 3) & ~3, s = p + <usize>((depth + 7) & ~7) * 16;
    const begin = <usize>(k / LONG) * (LONG + 8), first = <usize>(k & (LONG - 1)), half = <usize>(k & BLOCK) / 16;
    const ends = begin + <usize>depthAt(k & ~(LONG - 1), K);
    spread(p, room, depth);
    let i = 0;
    for (; i + 6 <= M; i += 6) {
      const q = a + <usize>i * bytes, o = y + <usize>i * 128;
      const x = q + (begin + first) * 6, end = q + ends * 6;
      if (paired) for (let t: usize = 0; t < 32; t += 16) tile6x16<T>(x, end, half, room, s, t, o, depth, p + UNIT + t * 18);
      else for (let t: usize = 0; t < 32; t += 8) tile6x8<T>(x, end, half, room, s, t, o, depth, p + UNIT + t * 18);
    }
    for (; i + 2 <= M; i += 2) {
      const q = a + <usize>i * bytes, o = y + <usize>i * 128;
      for (let t: usize = 0; t < 32; t += 16) {
        tile2x16<T>(q + (begin + first) * 2, q + ends * 2, half, room, s, t, o, depth, p + UNIT + t * 18);
      }
    }
  }
  if (last < M) row<T>(a + <usize>last * bytes, panel, y + <usize>last * 128, K);
}

/** Pairs of inputs as bytes, [k/4][32][4]. */
function spread(p: usize, to: usize, depth: i32): void {
  const mask = constant(LOWER);
  for (let k = 0; k < depth; k += 8, to += 128) {
    for (const end = p + 128; p < end; p += 16, to += 16) {
      const w = v128.load(p);
      v128.store(to, v128.and(w, mask));
      v128.store(to, v128.and(i16x8.shr_u(w, 4), mask), 128);
    }
  }
}
