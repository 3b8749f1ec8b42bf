/** Floats into the blocks of int8.ts: weights once at load, activations per call. As src/kernels/quantised.ts says. */
import { BYTE, constant, MAGIC, UNSIGNED } from './constants';
import { BLOCK, depthAt, outputBytes, rowBytes } from './int8';
import { firstOf, firstRow, loadFirst, rowsAt } from './simd';

/**
 * Four numbers from −127 to 127 rounded to whole bases, ties to even: added to 1.5·2²³, a float has no room for a fraction,
 * and its last bits are the sum.
 */
@inline
function rounded(x: v128): v128 {
  return f32x4.add(x, constant(MAGIC));
}

/** The last byte of each lane. */
@inline
function storeBytes(to: usize, lanes: v128): void {
  v128.store_lane<i32>(to, i8x16.shuffle(lanes, lanes, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), 0);
}

/** The bits of a float as a whole number that is ordered as the floats are; above them all, and below, NaN. Its own inverse. */
@inline
function ordered(bits: v128): v128 {
  return v128.xor(bits, v128.and(i32x4.shr_s(bits, 31), constant(UNSIGNED)));
}

@inline
function magnitude(x: v128): v128 {
  return v128.and(x, constant(UNSIGNED));
}

@inline
function largest(v: v128): v128 {
  const pairs = i32x4.max_s(v, i64x2.shuffle(v, v, 1, 0));
  return i32x4.max_s(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2));
}

@inline
function smallest(v: v128): v128 {
  const pairs = i32x4.min_s(v, i64x2.shuffle(v, v, 1, 0));
  return i32x4.min_s(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2));
}

/** A scale rounded upwards to a bfloat16. */
@inline
function short(scale: v128): v128 {
  return v128.and(i32x4.add(scale, i32x4.splat(0xffff)), i32x4.splat(<i32>0xffff0000));
}

/** A scale above the sum of what it stands for, at most 64 · 127 either way. */
@inline
export function word(scale: v128, sum: v128): v128 {
  return v128.or(scale, v128.and(sum, i32x4.splat(0xffff)));
}

/** Is some lane infinite or NaN? */
@inline
function hasBad(x: v128): i32 {
  return i32(v128.any_true(f32x4.ne(f32x4.sub(x, x), f32x4.splat(0))));
}

/** 1/scale, or 0 where that is infinite: so small a block becomes zeros. */
@inline
function inverse(scale: v128): v128 {
  const by = f32x4.div(f32x4.splat(1), scale);
  return v128.and(by, f32x4.lt(by, f32x4.splat(Infinity)));
}

/**
 * Rows of a weight stored [out, in], as the panels from `to` on; rows that do not exist become zeros. A part takes whole
 * panels, and sets `bad` to 1 if some number is not finite.
 */
export function quantiseRows(
  from: usize, to: usize, rows: i32, K: i32, bad: usize, part: i32, parts: i32,
): void {
  const panels = (rows + 31) / 32;
  for (let panel = firstOf(panels, part, parts), end = firstOf(panels, part + 1, parts); panel < end; panel++) {
    const start = to + <usize>panel * 32 * outputBytes(K), count = min(32, rows - panel * 32);
    if (count < 32) memory.fill(start, 0, 32 * outputBytes(K));
    for (let t = 0; t < count; t++) {
      const row = from + <usize>(panel * 32 + t) * <usize>K * 4;
      for (let k = 0; k < K; k += BLOCK) {
        const block = start + <usize>(k / BLOCK) * 32 * (BLOCK + 4);
        if (quantiseBlock(row + <usize>k * 4, block, t, min(BLOCK, K - k))) store<i32>(bad, 1);
      }
    }
  }
}

function quantiseBlock(from: usize, block: usize, t: i32, n: i32): i32 {
  let most = f32x4.splat(0);
  let p = from;
  let left = n;
  for (; left >= 4; left -= 4, p += 16) most = i32x4.max_s(most, magnitude(v128.load(p)));
  if (left > 0) most = i32x4.max_s(most, magnitude(loadFirst(p, left)));
  const exact = f32x4.div(largest(most), f32x4.splat(127));
  const scale = short(exact), by = inverse(scale);
  const base = rounded(f32x4.splat(0));
  let sums = i32x4.splat(0);
  let to = block + <usize>t * 4;
  for (p = from, left = n; left > 0; left -= 4, p += 16, to += 128) {
    const values = rounded(f32x4.mul(left >= 4 ? v128.load(p) : loadFirst(p, left), by));
    sums = i32x4.add(sums, i32x4.sub(values, base));
    storeBytes(to, values);
  }
  sums = i32x4.add(sums, i64x2.shuffle(sums, sums, 1, 0));
  sums = i32x4.add(sums, i32x4.shuffle(sums, sums, 1, 0, 3, 2));
  v128.store_lane<i32>(to, word(scale, sums), 0);
  return hasBad(exact);
}

/**
 * Rows k … k + rows of a weight stored [in, out] (N columns), spread over all panels; k is the beginning of a block. A part
 * takes some of the panels.
 */
export function quantiseColumns(
  from: usize, to: usize, rows: i32, N: i32, K: i32, k: i32, bad: usize, part: i32, parts: i32,
): void {
  const step = <usize>N * 4, panels = (N + 31) / 32;
  const begin = firstOf(panels, part, parts) * 32, end = firstOf(panels, part + 1, parts) * 32;
  for (let r = 0; r < rows; r += BLOCK) {
    const n = min(BLOCK, rows - r), depth = depthAt(k + r, K);
    const block = to + <usize>((k + r) / BLOCK) * 32 * (BLOCK + 4);
    const source = from + <usize>r * step;
    for (let t = begin; t < end; ) {
      const panel = block + <usize>(t & ~31) * outputBytes(K) + <usize>(t & 31) * 4;
      if (t + 16 <= N) {
        if (quantiseSixteen(source + <usize>t * 4, step, panel, n, depth)) store<i32>(bad, 1);
        t += 16;
      } else {
        if (quantiseFour(source + <usize>t * 4, step, panel, min(4, N - t), n, depth)) store<i32>(bad, 1);
        t += 4;
      }
    }
  }
}

/** 1 where four columns hold a number that is not finite. */
@inline
function badBlock(most: v128): i32 {
  return hasBad(f32x4.div(most, f32x4.splat(127)));
}

@inline
function scaleOf(most: v128): v128 {
  return short(f32x4.div(most, f32x4.splat(127)));
}

/** One block of 16 columns, a cache line of each row; as four times `quantiseFour`. */
function quantiseSixteen(from: usize, step: usize, to: usize, n: i32, depth: i32): i32 {
  let m0 = f32x4.splat(0), m1 = m0, m2 = m0, m3 = m0;
  let p = from;
  for (let k = 0; k < n; k++, p += step) {
    m0 = i32x4.max_s(m0, magnitude(v128.load(p)));
    m1 = i32x4.max_s(m1, magnitude(v128.load(p, 16)));
    m2 = i32x4.max_s(m2, magnitude(v128.load(p, 32)));
    m3 = i32x4.max_s(m3, magnitude(v128.load(p, 48)));
  }
  const s0 = scaleOf(m0), s1 = scaleOf(m1), s2 = scaleOf(m2), s3 = scaleOf(m3);
  const by0 = inverse(s0), by1 = inverse(s1), by2 = inverse(s2), by3 = inverse(s3);
  const base = rounded(f32x4.splat(0));
  let sum0 = i32x4.splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  p = from;
  for (let k = 0; k < depth; k += 4, to += 128) {
    let b0 = i32x4.splat(0), b1 = b0, b2 = b0, b3 = b0;
    for (let j = 0; j < 4 && k + j < n; j++, p += step) {
      const v0 = i32x4.sub(rounded(f32x4.mul(v128.load(p), by0)), base);
      const v1 = i32x4.sub(rounded(f32x4.mul(v128.load(p, 16), by1)), base);
      const v2 = i32x4.sub(rounded(f32x4.mul(v128.load(p, 32), by2)), base);
      const v3 = i32x4.sub(rounded(f32x4.mul(v128.load(p, 48), by3)), base);
      sum0 = i32x4.add(sum0, v0); sum1 = i32x4.add(sum1, v1); sum2 = i32x4.add(sum2, v2); sum3 = i32x4.add(sum3, v3);
      b0 = v128.or(b0, i32x4.shl(byteOf(v0), j * 8)); b1 = v128.or(b1, i32x4.shl(byteOf(v1), j * 8));
      b2 = v128.or(b2, i32x4.shl(byteOf(v2), j * 8)); b3 = v128.or(b3, i32x4.shl(byteOf(v3), j * 8));
    }
    v128.store(to, b0); v128.store(to, b1, 16); v128.store(to, b2, 32); v128.store(to, b3, 48);
  }
  v128.store(to, word(s0, sum0)); v128.store(to, word(s1, sum1), 16);
  v128.store(to, word(s2, sum2), 32); v128.store(to, word(s3, sum3), 48);
  return badBlock(m0) | badBlock(m1) | badBlock(m2) | badBlock(m3);
}

@inline
function byteOf(values: v128): v128 {
  return v128.and(values, constant(BYTE));
}

/** `count` of four columns of one block; those that do not exist become zeros. */
@inline
function columns(p: usize, count: i32): v128 {
  return count >= 4 ? v128.load(p) : count > 0 ? loadFirst(p, count) : f32x4.splat(0);
}

function quantiseFour(from: usize, step: usize, to: usize, count: i32, n: i32, depth: i32): i32 {
  const zero = f32x4.splat(0);
  let most = zero;
  let p = from;
  for (let k = 0; k < n; k++, p += step) most = i32x4.max_s(most, magnitude(columns(p, count)));
  const scale = scaleOf(most), by = inverse(scale), base = rounded(zero);
  let sums = zero;
  p = from;
  for (let k = 0; k < depth; k += 4, to += 128) {
    let bytes = zero;
    for (let j = 0; j < 4 && k + j < n; j++, p += step) {
      const values = i32x4.sub(rounded(f32x4.mul(columns(p, count), by)), base);
      sums = i32x4.add(sums, values);
      bytes = v128.or(bytes, i32x4.shl(byteOf(values), j * 8));
    }
    v128.store(to, bytes);
  }
  v128.store(to, word(scale, sums));
  return badBlock(most);
}

/** Rows of x [M K] as tiles of 6, then 2 and 1 rows; of them part `part` of `parts`. */
export function quantiseTiles(x: usize, a: usize, M: i32, K: i32, part: i32, parts: i32): void {
  const bytes = rowBytes(K);
  for (let i = firstRow(M, part, parts), to = firstRow(M, part + 1, parts); i < to; ) {
    const rows = rowsAt(i, M);
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < K; k += BLOCK) {
        const block = a + <usize>i * bytes + <usize>(rows * (k / BLOCK) * (BLOCK + 8));
        quantiseActivations(x + <usize>((i + r) * K + k) * 4, block, r, rows, min(BLOCK, K - k));
      }
    }
    i += rows;
  }
}

function quantiseActivations(from: usize, block: usize, r: i32, rows: i32, n: i32): void {
  let low = i32x4.splat(0), high = low;
  let p = from;
  let left = n;
  for (; left >= 4; left -= 4, p += 16) {
    const v = ordered(v128.load(p));
    low = i32x4.min_s(low, v);
    high = i32x4.max_s(high, v);
  }
  for (; left > 0; left--, p += 4) {
    const v = ordered(v128.load32_splat(p));
    low = i32x4.min_s(low, v);
    high = i32x4.max_s(high, v);
  }
  const lo = f32x4.extract_lane(ordered(smallest(low)), 0), hi = f32x4.extract_lane(ordered(largest(high)), 0);
  const scale = hi / 127 - lo / 127, by = inverse(f32x4.splat(scale));
  const base = rounded(f32x4.splat(0)), most = i32x4.splat(127);
  const minusZero = i32x4.sub(rounded(f32x4.mul(f32x4.splat(lo), by)), base), shift = i32x4.add(base, minusZero);
  const step = <usize>rows * 4;
  let to = block + <usize>r * 4;
  for (p = from, left = n; left > 0; left -= 4, p += 16, to += step) {
    const v = left >= 4 ? v128.load(p) : loadFirst(p, left);
    storeBytes(to, i32x4.min_s(most, i32x4.sub(rounded(f32x4.mul(v, by)), shift)));
  }
  store<f32>(to, scale + (scale - scale)); // infinity becomes NaN
  store<i32>(to + step, i32x4.extract_lane(minusZero, 0) & 0xffff);
}

/** Row `id` of a table in panels, as floats. */
export function lookup8(table: usize, y: usize, id: i32, K: i32): void {
  const panel = table + <usize>(id & ~31) * outputBytes(K) + <usize>(id & 31) * 4;
  for (let k = 0; k < K; k += BLOCK) {
    let p = panel + <usize>(k / BLOCK) * 32 * (BLOCK + 4);
    const scale = reinterpret<f32>(load<i32>(p + <usize>depthAt(k, K) * 32) & 0xffff0000);
    for (let j = 0, n = min(BLOCK, K - k); j < n; j++, y += 4) {
      store<f32>(y, scale * <f32>load<i8>(p + <usize>((j >> 2) * 128 + (j & 3))));
    }
  }
}
