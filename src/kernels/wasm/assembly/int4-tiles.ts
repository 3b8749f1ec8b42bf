/**
 * Tiles of a product in int4: rows × outputs, whose dots over one block are summed up in registers. `q` is the block in the
 * rows of x, `ends` what stands behind it and `half` which half of a block of int8.ts it is, in bytes; `room` is the block of the
 * weight as bytes, `s` its scales, `t` the first of the outputs, `y` the sums so far, 128 bytes a row; what lies from `ahead` on is
 * fetched. See int8-tiles.ts for their sizes.
 */
import { constant, LOWER, ONES } from './constants';
import { bf16High, bf16Low } from './half';
import { BLOCK, UNIT } from './int4';
import { BLOCK as LONG, depthAt } from './int8';
import { AHEAD, fetch } from './simd';

/**
 * sums + dots of 4 bytes, signed x and w from 0 to 15. T = i32: in i32. T = i16: in pairs of inputs, of which 16 bits hold a
 * whole block: 8 times 2 · 127 · 15 is 30,480.
 */
@inline
function dot<T>(x: v128, w: v128, sums: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (sizeof<T>() == 4) return i32x4.relaxed_dot_i8x16_i7x16_add_s(x, w, sums);
    return i16x8.add(sums, i16x8.relaxed_dot_i8x16_i7x16_s(x, w));
  }
  const low = i16x8.extmul_low_i8x16_s(x, w), high = i16x8.extmul_high_i8x16_s(x, w);
  const even = i16x8.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
  return i16x8.add(sums, i16x8.add(even, i16x8.shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15)));
}

/** The sums of a block in i32, and −8·Σ x with them. */
@inline
function total<T>(sums: v128, more: v128, ones: v128): v128 {
  return i32x4.add(sizeof<T>() == 4 ? sums : i32x4.dot_i16x8_s(sums, ones), more);
}

/** y += s·(t·dot) for eight outputs. Both halves are read before one is written: V8 joins them to 256 bits. */
@inline
function addTo(y: usize, d0: v128, d1: v128, t: v128, scales: usize): void {
  const s = v128.load(scales);
  const y0 = f32x4.add(v128.load(y), f32x4.mul(bf16Low(s), f32x4.mul(t, f32x4.convert_i32x4_s(d0))));
  const y1 = f32x4.add(v128.load(y, 16), f32x4.mul(bf16High(s), f32x4.mul(t, f32x4.convert_i32x4_s(d1))));
  v128.store(y, y0);
  v128.store(y, y1, 16);
}

@inline
function moreOf(word: usize): v128 {
  return i32x4.splat(<i32>load<i16>(word));
}

/** 6 rows × 8 outputs. */
export function tile6x8<T>(q: usize, ends: usize, half: usize, room: usize, s: usize, t: usize, y: usize, depth: i32, ahead: usize): void {
  const zero = i32x4.splat(0), ones = constant(ONES);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
  let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  let p = room + t * 4;
  for (const end = q + <usize>depth * 6; q < end; q += 24, p += 128) {
    fetch(ahead);
    ahead += 18; // 8 outputs of a block in 8 steps
    const w0 = v128.load(p), w1 = v128.load(p, 16);
    let x = v128.load32_splat(q);
    c00 = dot<T>(x, w0, c00); c01 = dot<T>(x, w1, c01);
    x = v128.load32_splat(q, 4);
    c10 = dot<T>(x, w0, c10); c11 = dot<T>(x, w1, c11);
    x = v128.load32_splat(q, 8);
    c20 = dot<T>(x, w0, c20); c21 = dot<T>(x, w1, c21);
    x = v128.load32_splat(q, 12);
    c30 = dot<T>(x, w0, c30); c31 = dot<T>(x, w1, c31);
    x = v128.load32_splat(q, 16);
    c40 = dot<T>(x, w0, c40); c41 = dot<T>(x, w1, c41);
    x = v128.load32_splat(q, 20);
    c50 = dot<T>(x, w0, c50); c51 = dot<T>(x, w1, c51);
  }
  s += t * 2;
  let o = y + t * 4;
  let words = ends + 24 + half;
  finish<T>(o, c00, c01, ends, words, s, ones); o += 128;
  finish<T>(o, c10, c11, ends + 4, words + 4, s, ones); o += 128;
  finish<T>(o, c20, c21, ends + 8, words + 8, s, ones); o += 128;
  finish<T>(o, c30, c31, ends + 12, words + 12, s, ones); o += 128;
  finish<T>(o, c40, c41, ends + 16, words + 16, s, ones); o += 128;
  finish<T>(o, c50, c51, ends + 20, words + 20, s, ones);
}

/** 6 rows × 16 outputs: T = i32. */
export function tile6x16<T>(q: usize, ends: usize, half: usize, room: usize, s: usize, t: usize, y: usize, depth: i32, ahead: usize): void {
  const zero = i32x4.splat(0), ones = constant(ONES);
  let c00 = zero, c01 = zero, c02 = zero, c03 = zero;
  let c10 = zero, c11 = zero, c12 = zero, c13 = zero;
  let c20 = zero, c21 = zero, c22 = zero, c23 = zero;
  let c30 = zero, c31 = zero, c32 = zero, c33 = zero;
  let c40 = zero, c41 = zero, c42 = zero, c43 = zero;
  let c50 = zero, c51 = zero, c52 = zero, c53 = zero;
  let p = room + t * 4;
  for (const end = q + <usize>depth * 6; q < end; q += 24, p += 128) {
    fetch(ahead);
    ahead += 36; // 16 outputs
    const w0 = v128.load(p), w1 = v128.load(p, 16), w2 = v128.load(p, 32), w3 = v128.load(p, 48);
    let x = v128.load32_splat(q);
    c00 = dot<T>(x, w0, c00); c01 = dot<T>(x, w1, c01); c02 = dot<T>(x, w2, c02); c03 = dot<T>(x, w3, c03);
    x = v128.load32_splat(q, 4);
    c10 = dot<T>(x, w0, c10); c11 = dot<T>(x, w1, c11); c12 = dot<T>(x, w2, c12); c13 = dot<T>(x, w3, c13);
    x = v128.load32_splat(q, 8);
    c20 = dot<T>(x, w0, c20); c21 = dot<T>(x, w1, c21); c22 = dot<T>(x, w2, c22); c23 = dot<T>(x, w3, c23);
    x = v128.load32_splat(q, 12);
    c30 = dot<T>(x, w0, c30); c31 = dot<T>(x, w1, c31); c32 = dot<T>(x, w2, c32); c33 = dot<T>(x, w3, c33);
    x = v128.load32_splat(q, 16);
    c40 = dot<T>(x, w0, c40); c41 = dot<T>(x, w1, c41); c42 = dot<T>(x, w2, c42); c43 = dot<T>(x, w3, c43);
    x = v128.load32_splat(q, 20);
    c50 = dot<T>(x, w0, c50); c51 = dot<T>(x, w1, c51); c52 = dot<T>(x, w2, c52); c53 = dot<T>(x, w3, c53);
  }
  s += t * 2;
  let o = y + t * 4;
  const words = ends + 24 + half;
  finish<T>(o, c00, c01, ends, words, s, ones); finish<T>(o + 32, c02, c03, ends, words, s + 16, ones); o += 128;
  finish<T>(o, c10, c11, ends + 4, words + 4, s, ones); finish<T>(o + 32, c12, c13, ends + 4, words + 4, s + 16, ones); o += 128;
  finish<T>(o, c20, c21, ends + 8, words + 8, s, ones); finish<T>(o + 32, c22, c23, ends + 8, words + 8, s + 16, ones); o += 128;
  finish<T>(o, c30, c31, ends + 12, words + 12, s, ones); finish<T>(o + 32, c32, c33, ends + 12, words + 12, s + 16, ones); o += 128;
  finish<T>(o, c40, c41, ends + 16, words + 16, s, ones); finish<T>(o + 32, c42, c43, ends + 16, words + 16, s + 16, ones); o += 128;
  finish<T>(o, c50, c51, ends + 20, words + 20, s, ones); finish<T>(o + 32, c52, c53, ends + 20, words + 20, s + 16, ones);
}

/** Eight sums of one row: t and −8·Σ x are read where they lie. */
@inline
function finish<T>(y: usize, c0: v128, c1: v128, t: usize, word: usize, s: usize, ones: v128): void {
  const more = moreOf(word);
  addTo(y, total<T>(c0, more, ones), total<T>(c1, more, ones), v128.load32_splat(t), s);
}

/** 2 rows × 16 outputs. */
export function tile2x16<T>(q: usize, ends: usize, half: usize, room: usize, s: usize, t: usize, y: usize, depth: i32, ahead: usize): void {
  const zero = i32x4.splat(0), ones = constant(ONES);
  let c00 = zero, c01 = zero, c02 = zero, c03 = zero, c10 = zero, c11 = zero, c12 = zero, c13 = zero;
  let p = room + t * 4;
  for (const end = q + <usize>depth * 2; q < end; q += 8, p += 128) {
    fetch(ahead);
    ahead += 36; // 16 outputs
    const x0 = v128.load32_splat(q), x1 = v128.load32_splat(q, 4);
    let w = v128.load(p);
    c00 = dot<T>(x0, w, c00); c10 = dot<T>(x1, w, c10);
    w = v128.load(p, 16);
    c01 = dot<T>(x0, w, c01); c11 = dot<T>(x1, w, c11);
    w = v128.load(p, 32);
    c02 = dot<T>(x0, w, c02); c12 = dot<T>(x1, w, c12);
    w = v128.load(p, 48);
    c03 = dot<T>(x0, w, c03); c13 = dot<T>(x1, w, c13);
  }
  s += t * 2;
  const o = y + t * 4, words = ends + 8 + half;
  finish<T>(o, c00, c01, ends, words, s, ones); finish<T>(o + 32, c02, c03, ends, words, s + 16, ones);
  finish<T>(o + 128, c10, c11, ends + 4, words + 4, s, ones);
  finish<T>(o + 160, c12, c13, ends + 4, words + 4, s + 16, ones);
}

/** One row × 32 outputs: decoding. The weights are read once, in order, and spread in registers; all blocks in one loop. */
export function row<T>(q: usize, p: usize, y: usize, K: i32): void {
  const mask = constant(LOWER), ones = constant(ONES);
  for (let k = 0; k < K; k += LONG, q += LONG + 8) {
    const ends = q + <usize>depthAt(k, K), t = v128.load32_splat(ends);
    for (let half = 0; half < 2 && k + half * BLOCK < K; half++, p += UNIT) {
      // The last four inputs may be read beyond the row: the weights they meet are 0.
      const count = min(4, (K - k - half * BLOCK + 7) >> 3);
      eights<T>(q + <usize>(half * BLOCK), p, count, y, t, moreOf(ends + 4 + <usize>(half * 2)), mask, ones);
    }
  }
}

/** `count` eights of inputs of a block, and what they add to y. */
@inline
function eights<T>(q: usize, p: usize, count: i32, y: usize, t: v128, more: v128, mask: v128, ones: v128): void {
  const zero = i32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  for (const end = q + <usize>count * 8; q < end; q += 8, p += 128) {
    fetch(p + AHEAD); fetch(p + AHEAD + 64);
    const x0 = v128.load32_splat(q), x1 = v128.load32_splat(q, 4);
    let w0 = v128.load(p), w1 = v128.load(p, 16);
    c0 = dot<T>(x0, v128.and(w0, mask), c0); c1 = dot<T>(x0, v128.and(w1, mask), c1);
    c0 = dot<T>(x1, upper(w0, mask), c0); c1 = dot<T>(x1, upper(w1, mask), c1);
    w0 = v128.load(p, 32); w1 = v128.load(p, 48);
    c2 = dot<T>(x0, v128.and(w0, mask), c2); c3 = dot<T>(x0, v128.and(w1, mask), c3);
    c2 = dot<T>(x1, upper(w0, mask), c2); c3 = dot<T>(x1, upper(w1, mask), c3);
    w0 = v128.load(p, 64); w1 = v128.load(p, 80);
    c4 = dot<T>(x0, v128.and(w0, mask), c4); c5 = dot<T>(x0, v128.and(w1, mask), c5);
    c4 = dot<T>(x1, upper(w0, mask), c4); c5 = dot<T>(x1, upper(w1, mask), c5);
    w0 = v128.load(p, 96); w1 = v128.load(p, 112);
    c6 = dot<T>(x0, v128.and(w0, mask), c6); c7 = dot<T>(x0, v128.and(w1, mask), c7);
    c6 = dot<T>(x1, upper(w0, mask), c6); c7 = dot<T>(x1, upper(w1, mask), c7);
  }
  addTo(y, total<T>(c0, more, ones), total<T>(c1, more, ones), t, p);
  addTo(y + 32, total<T>(c2, more, ones), total<T>(c3, more, ones), t, p + 16);
  addTo(y + 64, total<T>(c4, more, ones), total<T>(c5, more, ones), t, p + 32);
  addTo(y + 96, total<T>(c6, more, ones), total<T>(c7, more, ones), t, p + 48);
}

@inline
function upper(w: v128, mask: v128): v128 {
  return v128.and(i16x8.shr_u(w, 4), mask);
}
