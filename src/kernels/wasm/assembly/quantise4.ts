/**
 * Weights into the blocks of int4.ts, at load: floats are quantised as src/kernels/codings.ts says, whole numbers of a file
 * are put where they belong. Four outputs at a time: their numbers, a lane each, are laid out k by k in `room`, 512 bytes for
 * every part, and packed from there.
 */
import { BLOCK, outputBytes4, UNIT } from './int4';
import { firstOf, loadFirst } from './simd';

/** Rows of float32 stored [out, in], as the panels from `to` on. A part takes whole panels; `bad` is set to 1 by numbers that are not finite. */
export function quantiseRows4(
  from: usize, to: usize, room: usize, rows: i32, K: i32, bad: usize, part: i32, parts: i32,
): void {
  const panels = (rows + 31) / 32, lanes = room + <usize>part * 512;
  for (let panel = firstOf(panels, part, parts), end = firstOf(panels, part + 1, parts); panel < end; panel++) {
    const start = to + <usize>panel * 32 * outputBytes4(K);
    for (let t = 0; t < 32; t += 4) {
      const count = min(4, rows - panel * 32 - t);
      const row = from + <usize>(panel * 32 + t) * <usize>K * 4;
      for (let k = 0; k < K; k += BLOCK) {
        const n = min(BLOCK, K - k);
        gatherRows(row + <usize>k * 4, <usize>K * 4, count, n, lanes);
        if (quantiseLanes(lanes, start + <usize>(k / BLOCK) * UNIT, t, n)) store<i32>(bad, 1);
      }
    }
  }
}

/** n numbers of `count` rows, 4 at most, as n vectors; rows that do not exist become zeros. */
function gatherRows(p: usize, step: usize, count: i32, n: i32, lanes: usize): void {
  let k = 0;
  if (count == 4) {
    for (; k + 4 <= n; k += 4, p += 16, lanes += 64) {
      const a = v128.load(p), b = v128.load(p + step), c = v128.load(p + 2 * step), d = v128.load(p + 3 * step);
      const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
      const AB = i32x4.shuffle(a, b, 2, 6, 3, 7), CD = i32x4.shuffle(c, d, 2, 6, 3, 7);
      v128.store(lanes, i64x2.shuffle(ab, cd, 0, 2)); v128.store(lanes, i64x2.shuffle(ab, cd, 1, 3), 16);
      v128.store(lanes, i64x2.shuffle(AB, CD, 0, 2), 32); v128.store(lanes, i64x2.shuffle(AB, CD, 1, 3), 48);
    }
  }
  for (; k < n; k++, p += 4, lanes += 16) {
    v128.store(lanes, i32x4.splat(0));
    for (let t = 0; t < count; t++) store<f32>(lanes + <usize>t * 4, load<f32>(p + <usize>t * step));
  }
}

/**
 * Rows k … k + rows of float32 stored [in, out] (N columns), spread over all panels; k is the beginning of a block. A part
 * takes some of the panels; `bad` as above.
 */
export function quantiseColumns4(
  from: usize, to: usize, room: usize, rows: i32, N: i32, K: i32, k: i32, bad: usize, part: i32, parts: i32,
): void {
  const panels = (N + 31) / 32, lanes = room + <usize>part * 512, step = <usize>N * 4;
  for (let r = 0; r < rows; r += BLOCK) {
    const n = min(BLOCK, rows - r);
    for (let panel = firstOf(panels, part, parts), end = firstOf(panels, part + 1, parts); panel < end; panel++) {
      const block = to + <usize>panel * 32 * outputBytes4(K) + <usize>((k + r) / BLOCK) * UNIT;
      for (let t = 0; t < 32; t += 4) {
        const count = N - panel * 32 - t;
        let p = from + <usize>r * step + <usize>(panel * 32 + t) * 4;
        for (let q = lanes, last = lanes + <usize>n * 16; q < last; q += 16, p += step) {
          v128.store(q, count >= 4 ? v128.load(p) : count > 0 ? loadFirst(p, count) : i32x4.splat(0));
        }
        if (quantiseLanes(lanes, block, t, n)) store<i32>(bad, 1);
      }
    }
  }
}

/** n numbers of four outputs as the lanes of a block; 1 where one is not finite. */
function quantiseLanes(lanes: usize, block: usize, t: i32, n: i32): i32 {
  const zero = f32x4.splat(0);
  let low = zero, high = zero, bad = zero;
  const end = lanes + <usize>n * 16;
  for (let p = lanes; p < end; p += 16) {
    const x = v128.load(p);
    low = f32x4.pmin(low, x);
    high = f32x4.pmax(high, x);
    bad = v128.or(bad, f32x4.ne(f32x4.sub(x, x), zero));
  }
  const farthest = v128.bitselect(high, low, f32x4.gt(high, f32x4.neg(low)));
  const bits = f32x4.add(f32x4.mul(farthest, f32x4.splat(-0.125)), zero);
  const odd = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(1));
  const scale = v128.and(i32x4.add(bits, i32x4.add(odd, i32x4.splat(0x7fff))), i32x4.splat(<i32>0xffff0000));
  let by = f32x4.div(f32x4.splat(1), scale);
  by = v128.and(by, f32x4.lt(f32x4.abs(by), f32x4.splat(Infinity)));
  const base = f32x4.splat(12582912); // added to 1.5·2²³, a float has no room for a fraction: to nearest, ties to even
  for (let p = lanes; p < end; p += 16) {
    const q = i32x4.sub(f32x4.add(f32x4.mul(v128.load(p), by), base), base);
    v128.store(p, i32x4.add(i32x4.min_s(q, i32x4.splat(7)), i32x4.splat(8)));
  }
  packLanes(lanes, block, t, n, scale);
  return i32(v128.any_true(bad));
}

/** n vectors of q + 8, four outputs from t on, and their scales into a block; 0, which adds nothing to a dot, behind them. */
function packLanes(lanes: usize, block: usize, t: i32, n: i32, scale: v128): void {
  const eights = (n + 7) & ~7;
  for (let k = n; k < eights; k++) v128.store(lanes + <usize>k * 16, i32x4.splat(0));
  let to = block + <usize>t * 4;
  for (let k = 0; k < eights; k += 8, lanes += 128, to += 128) {
    let w = v128.or(v128.load(lanes), i32x4.shl(v128.load(lanes, 16), 8));
    w = v128.or(w, v128.or(i32x4.shl(v128.load(lanes, 32), 16), i32x4.shl(v128.load(lanes, 48), 24)));
    w = v128.or(w, v128.or(i32x4.shl(v128.load(lanes, 64), 4), i32x4.shl(v128.load(lanes, 80), 12)));
    w = v128.or(w, v128.or(i32x4.shl(v128.load(lanes, 96), 20), i32x4.shl(v128.load(lanes, 112), 28)));
    v128.store(to, w);
  }
  const halves = i16x8.shuffle(scale, scale, 1, 3, 5, 7, 1, 3, 5, 7);
  v128.store_lane<i64>(block + <usize>eights * 16 + <usize>t * 2, halves, 0);
}

/**
 * Rows stored [out, in] in pairs, with their scales, bfloat16 [rows, blocks], as the panels from `to` on. A part takes whole
 * panels, and sets `bad` to 1 where a number is not 0 and its scale is.
 */
export function placeRows4(
  from: usize, scales: usize, to: usize, room: usize, rows: i32, K: i32, bad: usize, part: i32, parts: i32,
): void {
  const panels = (rows + 31) / 32, blocks = (K + BLOCK - 1) / BLOCK, lanes = room + <usize>part * 512;
  const step = <usize>((K + 1) >> 1);
  for (let panel = firstOf(panels, part, parts), end = firstOf(panels, part + 1, parts); panel < end; panel++) {
    const start = to + <usize>panel * 32 * outputBytes4(K);
    for (let t = 0; t < 32; t += 4) {
      const row = panel * 32 + t, count = min(4, rows - row);
      for (let b = 0; b < blocks; b++) {
        const n = min(BLOCK, K - b * BLOCK), p = from + <usize>row * step + <usize>(b * (BLOCK / 2));
        let scale = i32x4.splat(0);
        for (let k = 0; k < n; k++) v128.store(lanes + <usize>k * 16, i32x4.splat(8));
        for (let i = 0; i < count; i++) {
          const bits = <i32>load<u16>(scales + <usize>((row + i) * blocks + b) * 2) << 16;
          scale = v128.bitselect(i32x4.splat(bits), scale, laneOf(i));
          spreadRow(p + <usize>i * step, lanes + <usize>i * 4, n);
        }
        if (placeLanes(lanes, start + <usize>b * UNIT, t, n, scale)) store<i32>(bad, 1);
      }
    }
  }
}

/** All bits of lane i. */
@inline
function laneOf(i: i32): v128 {
  return i32x4.eq(i32x4(0, 1, 2, 3), i32x4.splat(i));
}

/** n numbers of a row in pairs, each as q + 8, 16 bytes apart: that is a number of 4 bits with its sign turned round. */
function spreadRow(p: usize, to: usize, n: i32): void {
  for (let k = 0; k < n; k += 2, p++, to += 32) {
    const pair = <i32>load<u8>(p);
    store<i32>(to, (pair & 15) ^ 8);
    if (k + 1 < n) store<i32>(to, (pair >> 4) ^ 8, 16);
  }
}

/**
 * Rows k … k + rows stored [in, out] (N columns) in pairs, with the scales of their blocks, bfloat16 [blocks, N], spread over
 * all panels; k is the beginning of a block. A part takes some of the panels; `bad` as above.
 */
export function placeColumns4(
  from: usize, scales: usize, to: usize, room: usize,
  rows: i32, N: i32, K: i32, k: i32, bad: usize, part: i32, parts: i32,
): void {
  const panels = (N + 31) / 32, lanes = room + <usize>part * 512, step = <usize>((N + 1) >> 1);
  for (let r = 0; r < rows; r += BLOCK) {
    const n = min(BLOCK, rows - r), s = scales + <usize>(r / BLOCK) * <usize>N * 2;
    for (let panel = firstOf(panels, part, parts), end = firstOf(panels, part + 1, parts); panel < end; panel++) {
      const block = to + <usize>panel * 32 * outputBytes4(K) + <usize>((k + r) / BLOCK) * UNIT;
      for (let t = 0; t < 32; t += 4) {
        const column = panel * 32 + t, count = min(4, N - column);
        let p = from + <usize>r * step + <usize>(column >> 1);
        let scale = i32x4.splat(0);
        for (let i = 0; i < count; i++) {
          scale = v128.bitselect(i32x4.splat(<i32>load<u16>(s + <usize>(column + i) * 2) << 16), scale, laneOf(i));
        }
        for (let q = lanes, last = lanes + <usize>n * 16; q < last; q += 16, p += step) {
          v128.store(q, count > 0 ? spreadFour(p, count) : i32x4.splat(8));
        }
        if (placeLanes(lanes, block, t, n, scale)) store<i32>(bad, 1);
      }
    }
  }
}

/** `count` numbers in pairs, 4 at most, as q + 8; those that do not exist become 8. */
@inline
function spreadFour(p: usize, count: i32): v128 {
  const pairs = <i32>load<u8>(p) | (count > 2 ? <i32>load<u8>(p, 1) << 8 : 0);
  const apart = i32x4.shr_u(i32x4.mul(i32x4.splat(pairs), i32x4(4096, 256, 16, 1)), 12);
  const u = v128.xor(v128.and(apart, i32x4.splat(15)), i32x4.splat(8));
  return count >= 4 ? u : v128.bitselect(u, i32x4.splat(8), i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

/** As `packLanes`; 1 where a number is not 0 and its scale is. */
function placeLanes(lanes: usize, block: usize, t: i32, n: i32, scale: v128): i32 {
  let seen = i32x4.splat(0);
  for (let p = lanes, end = lanes + <usize>n * 16; p < end; p += 16) {
    seen = v128.or(seen, v128.xor(v128.load(p), i32x4.splat(8)));
  }
  packLanes(lanes, block, t, n, scale);
  const none = f32x4.eq(scale, f32x4.splat(0));
  return i32(v128.any_true(v128.and(none, i32x4.ne(seen, i32x4.splat(0)))));
}

/** Row `id` of a table in panels, as floats. */
export function lookup4(table: usize, y: usize, id: i32, K: i32): void {
  const panel = table + <usize>(id & ~31) * outputBytes4(K), t = <usize>(id & 31);
  for (let k = 0; k < K; k += BLOCK) {
    const block = panel + <usize>(k / BLOCK) * UNIT, n = min(BLOCK, K - k);
    const scale = reinterpret<f32>(<i32>load<u16>(block + <usize>((n + 7) & ~7) * 16 + t * 2) << 16);
    for (let j = 0; j < n; j++, y += 4) {
      const pair = <i32>load<u8>(block + <usize>((j >> 3) * 128 + (j & 3)) + t * 4);
      store<f32>(y, scale * <f32>(((pair >> (j & 4)) & 15) - 8));
    }
  }
}
