/** Weights that are stored in int8: whole numbers and scales find their places in the panels of int8.ts, as they are. */
import { BLOCK, depthAt, outputBytes } from './int8';
import { word } from './quantise';
import { firstOf } from './simd';

/** The sum of the four bytes of each lane. */
@inline
function sumsOf(bytes: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(bytes));
}

/** Do four outputs hold −128 (`least`), or, without a scale, anything but 0 (`seen`)? Quantising gives neither. */
@inline
function isBad(least: v128, seen: v128, scales: v128): i32 {
  const zero = i32x4.splat(0);
  const lost = v128.and(i32x4.eq(scales, zero), i32x4.ne(seen, zero));
  return i32(v128.any_true(v128.or(i8x16.eq(least, i8x16.splat(-128)), lost)));
}

/** `count` bytes at p, 4 at most, with zeros behind. */
@inline
function firstBytes(p: usize, count: i32): i32 {
  if (count >= 4) return load<i32>(p);
  let bytes = count > 0 ? <i32>load<u8>(p) : 0;
  if (count > 1) bytes |= <i32>load<u8>(p, 1) << 8;
  if (count > 2) bytes |= <i32>load<u8>(p, 2) << 16;
  return bytes;
}

/**
 * Rows of a weight stored [out, in] with their scales, bfloat16 [rows, blocks], as the panels from `to` on; rows that do
 * not exist become zeros. A part takes whole panels, and sets `bad` to 1 if there is what quantising cannot give.
 */
export function placeRows(
  from: usize, scales: usize, to: usize, rows: i32, K: i32, bad: usize, part: i32, parts: i32,
): void {
  const panels = (rows + 31) / 32, blocks = (K + BLOCK - 1) / BLOCK;
  for (let panel = firstOf(panels, part, parts), end = firstOf(panels, part + 1, parts); panel < end; panel++) {
    const start = to + <usize>panel * 32 * outputBytes(K), count = min(32, rows - panel * 32);
    if (count < 32) memory.fill(start, 0, 32 * outputBytes(K));
    for (let t = 0; t < count; t += 4) {
      const row = panel * 32 + t;
      const p = from + <usize>row * <usize>K, s = scales + <usize>(row * blocks) * 2;
      for (let b = 0; b < blocks; b++) {
        const block = start + <usize>b * 32 * (BLOCK + 4) + <usize>t * 4, n = min(BLOCK, K - b * BLOCK);
        const step = <usize>blocks * 2, at = s + <usize>b * 2, left = count - t;
        let scale = i32x4.splat(<i32>load<u16>(at) << 16);
        if (left > 1) scale = i32x4.replace_lane(scale, 1, <i32>load<u16>(at + step) << 16);
        if (left > 2) scale = i32x4.replace_lane(scale, 2, <i32>load<u16>(at + 2 * step) << 16);
        if (left > 3) scale = i32x4.replace_lane(scale, 3, <i32>load<u16>(at + 3 * step) << 16);
        if (placeFourRows(p + <usize>(b * BLOCK), <usize>K, block, min(4, left), n, scale)) store<i32>(bad, 1);
      }
    }
  }
}

/** One block of `count` rows, 4 at most. */
function placeFourRows(p: usize, step: usize, to: usize, count: i32, n: i32, scales: v128): i32 {
  let sums = i32x4.splat(0), least = sums, seen = sums;
  let k = 0;
  if (count == 4) {
    for (; k + 16 <= n; k += 16, p += 16, to += 512) {
      const a = v128.load(p), b = v128.load(p + step), c = v128.load(p + 2 * step), d = v128.load(p + 3 * step);
      const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
      const AB = i32x4.shuffle(a, b, 2, 6, 3, 7), CD = i32x4.shuffle(c, d, 2, 6, 3, 7);
      const w0 = i64x2.shuffle(ab, cd, 0, 2), w1 = i64x2.shuffle(ab, cd, 1, 3);
      const w2 = i64x2.shuffle(AB, CD, 0, 2), w3 = i64x2.shuffle(AB, CD, 1, 3);
      v128.store(to, w0); v128.store(to, w1, 128); v128.store(to, w2, 256); v128.store(to, w3, 384);
      sums = i32x4.add(sums, i32x4.add(i32x4.add(sumsOf(w0), sumsOf(w1)), i32x4.add(sumsOf(w2), sumsOf(w3))));
      least = i8x16.min_s(least, i8x16.min_s(i8x16.min_s(w0, w1), i8x16.min_s(w2, w3)));
      seen = v128.or(seen, v128.or(v128.or(w0, w1), v128.or(w2, w3)));
    }
  }
  for (; k < n; k += 4, p += 4, to += 128) {
    let w = i32x4.replace_lane(i32x4.splat(0), 0, firstBytes(p, n - k));
    if (count > 1) w = i32x4.replace_lane(w, 1, firstBytes(p + step, n - k));
    if (count > 2) w = i32x4.replace_lane(w, 2, firstBytes(p + 2 * step, n - k));
    if (count > 3) w = i32x4.replace_lane(w, 3, firstBytes(p + 3 * step, n - k));
    v128.store(to, w);
    sums = i32x4.add(sums, sumsOf(w));
    least = i8x16.min_s(least, w);
    seen = v128.or(seen, w);
  }
  v128.store(to, word(scales, sums));
  return isBad(least, seen, scales);
}

/**
 * Rows k … k + rows of a weight stored [in, out] (N columns) with the scales of their blocks, bfloat16 [blocks, N], spread
 * over all panels; k is the beginning of a block. A part takes some of the panels; `bad` as above.
 */
export function placeColumns(
  from: usize, scales: usize, to: usize, rows: i32, N: i32, K: i32, k: i32, bad: usize, part: i32, parts: i32,
): void {
  const panels = (N + 31) / 32, step = <usize>N;
  const begin = firstOf(panels, part, parts) * 32, end = firstOf(panels, part + 1, parts) * 32;
  for (let r = 0; r < rows; r += BLOCK) {
    const n = min(BLOCK, rows - r), depth = depthAt(k + r, K);
    const block = to + <usize>((k + r) / BLOCK) * 32 * (BLOCK + 4);
    const p = from + <usize>r * step, s = scales + <usize>(r / BLOCK) * step * 2;
    for (let t = begin; t < end; ) {
      const panel = block + <usize>(t & ~31) * outputBytes(K) + <usize>(t & 31) * 4;
      if (t + 16 <= N) {
        if (placeSixteen(p + <usize>t, step, panel, n, depth, s + <usize>t * 2)) store<i32>(bad, 1);
        t += 16;
      } else {
        if (placeFourColumns(p + <usize>t, step, panel, min(4, N - t), n, depth, s + <usize>t * 2)) store<i32>(bad, 1);
        t += 4;
      }
    }
  }
}

/** One block of 16 columns. */
function placeSixteen(p: usize, step: usize, to: usize, n: i32, depth: i32, scales: usize): i32 {
  const zero = i32x4.splat(0);
  let sum0 = zero, sum1 = zero, sum2 = zero, sum3 = zero;
  let seen0 = zero, seen1 = zero, seen2 = zero, seen3 = zero, least = zero;
  for (let k = 0; k < depth; k += 4, p += 4 * step, to += 128) {
    const a = v128.load(p), b = k + 1 < n ? v128.load(p + step) : zero;
    const c = k + 2 < n ? v128.load(p + 2 * step) : zero, d = k + 3 < n ? v128.load(p + 3 * step) : zero;
    const ab = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const AB = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const cd = i8x16.shuffle(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const CD = i8x16.shuffle(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const w0 = i16x8.shuffle(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11), w1 = i16x8.shuffle(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15);
    const w2 = i16x8.shuffle(AB, CD, 0, 8, 1, 9, 2, 10, 3, 11), w3 = i16x8.shuffle(AB, CD, 4, 12, 5, 13, 6, 14, 7, 15);
    v128.store(to, w0); v128.store(to, w1, 16); v128.store(to, w2, 32); v128.store(to, w3, 48);
    sum0 = i32x4.add(sum0, sumsOf(w0)); sum1 = i32x4.add(sum1, sumsOf(w1));
    sum2 = i32x4.add(sum2, sumsOf(w2)); sum3 = i32x4.add(sum3, sumsOf(w3));
    seen0 = v128.or(seen0, w0); seen1 = v128.or(seen1, w1); seen2 = v128.or(seen2, w2); seen3 = v128.or(seen3, w3);
    least = i8x16.min_s(least, i8x16.min_s(i8x16.min_s(w0, w1), i8x16.min_s(w2, w3)));
  }
  const s0 = fourScales(scales), s1 = fourScales(scales + 8), s2 = fourScales(scales + 16), s3 = fourScales(scales + 24);
  v128.store(to, word(s0, sum0)); v128.store(to, word(s1, sum1), 16);
  v128.store(to, word(s2, sum2), 32); v128.store(to, word(s3, sum3), 48);
  return isBad(least, seen0, s0) | isBad(least, seen1, s1) | isBad(least, seen2, s2) | isBad(least, seen3, s3);
}

@inline
function fourScales(p: usize): v128 {
  return i32x4.shl(v128.load16x4_u(p), 16);
}

/** Four bytes, one a lane. */
@inline
function bytesApart(bytes: i32): v128 {
  const v = i32x4.splat(bytes);
  return i8x16.shuffle(v, i32x4.splat(0), 0, 16, 16, 16, 1, 16, 16, 16, 2, 16, 16, 16, 3, 16, 16, 16);
}

/** One block of `count` columns, 4 at most; those that do not exist become zeros. */
function placeFourColumns(p: usize, step: usize, to: usize, count: i32, n: i32, depth: i32, scales: usize): i32 {
  let sums = i32x4.splat(0), least = sums, seen = sums, scale = sums;
  if (count > 0) scale = i32x4.replace_lane(scale, 0, <i32>load<u16>(scales) << 16);
  if (count > 1) scale = i32x4.replace_lane(scale, 1, <i32>load<u16>(scales, 2) << 16);
  if (count > 2) scale = i32x4.replace_lane(scale, 2, <i32>load<u16>(scales, 4) << 16);
  if (count > 3) scale = i32x4.replace_lane(scale, 3, <i32>load<u16>(scales, 6) << 16);
  for (let k = 0; k < depth; k += 4, to += 128) {
    let w = i32x4.splat(0);
    for (let j = 0; j < 4 && k + j < n; j++, p += step) {
      w = v128.or(w, i32x4.shl(bytesApart(firstBytes(p, count)), j * 8));
    }
    v128.store(to, w);
    sums = i32x4.add(sums, sumsOf(w));
    least = i8x16.min_s(least, w);
    seen = v128.or(seen, w);
  }
  v128.store(to, word(scale, sums));
  return isBad(least, seen, scale);
}
