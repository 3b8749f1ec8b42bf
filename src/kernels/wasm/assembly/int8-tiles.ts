/**
 * Tiles of a product in int8: rows × outputs, whose dots over one block are summed up in registers. `q` is the block in the
 * rows of x, `panel` the block of the weight, as int8.ts lays them out, `t` the first of the outputs, `y` the sums so far, 128
 * bytes a row. Each tile fetches as large a share of the next block.
 *
 * x86 has 15 registers to give: 6 × 8 takes 12 sums, 2 vectors of weights and 1 broadcast; so does 6 × 16 where two vectors are
 * one of 256 bits. That leaves none for a constant, which is loaded when the dots are done, nor for the steps by way of i16.
 * With AVX-VNNI (Zen 5), GOP/s a thread: 6 × 8 at 128 bits 141 with a constant in the way, 215 without; at 256 bits, where its
 * 6 chains are too few, 300; 6 × 16 410.
 */
import { constant, ONES, UPPER } from './constants';
import { AHEAD, fetch } from './simd';

/**
 * acc + four dots of 4 bytes, signed w and x from 0 to 127. Exact in all three forms, so that the bits are the same: in i32
 * (T = i32; one instruction where the machine has it, five where not), by way of i16 (three everywhere), and without
 * relaxed SIMD.
 */
@inline
function dot<T>(w: v128, x: v128, acc: v128, ones: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (sizeof<T>() == 4) return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, acc);
    return i32x4.add(acc, i32x4.dot_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(w, x), ones));
  }
  const low = i16x8.extmul_low_i8x16_s(w, x), high = i16x8.extmul_high_i8x16_s(w, x);
  const pairs = i16x8.add(
    i16x8.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14),
    i16x8.shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15),
  );
  return i32x4.add(acc, i32x4.extadd_pairwise_i16x8_s(pairs));
}

/** −z·sum for four outputs, where their dots begin: the 16 bits beside −z are 0, so that the scales are left out. */
@inline
function start(words: usize, z: v128): v128 {
  return i32x4.dot_i16x8_s(v128.load(words), z);
}

/** y += s·(t·dot) for eight outputs; their scales are the upper halves of `words`. Both are read before one is written: V8 joins them to 256 bits. */
@inline
function addTo(y: usize, d0: v128, d1: v128, t: v128, words: usize, upper: v128): void {
  const s0 = v128.and(v128.load(words), upper), s1 = v128.and(v128.load(words, 16), upper);
  const y0 = f32x4.add(v128.load(y), f32x4.mul(s0, f32x4.mul(t, f32x4.convert_i32x4_s(d0))));
  const y1 = f32x4.add(v128.load(y, 16), f32x4.mul(s1, f32x4.mul(t, f32x4.convert_i32x4_s(d1))));
  v128.store(y, y0);
  v128.store(y, y1, 16);
}

/** Where the share of output t in the bytes of the next block begins. */
@inline
function nextBlock(panel: usize, depth: i32, t: usize): usize {
  return panel + (32 + t) * <usize>(depth + 4);
}

/** 6 rows × 8 outputs. */
export function tile6x8<T>(q: usize, panel: usize, t: usize, y: usize, depth: i32): void {
  const ones = constant(ONES);
  const end = q + <usize>depth * 6, s = panel + <usize>depth * 32 + t * 4;
  let z = v128.load32_splat(end, 24);
  let c00 = start(s, z), c01 = start(s + 16, z);
  z = v128.load32_splat(end, 28);
  let c10 = start(s, z), c11 = start(s + 16, z);
  z = v128.load32_splat(end, 32);
  let c20 = start(s, z), c21 = start(s + 16, z);
  z = v128.load32_splat(end, 36);
  let c30 = start(s, z), c31 = start(s + 16, z);
  z = v128.load32_splat(end, 40);
  let c40 = start(s, z), c41 = start(s + 16, z);
  z = v128.load32_splat(end, 44);
  let c50 = start(s, z), c51 = start(s + 16, z);
  let p = panel + t * 4, ahead = nextBlock(panel, depth, t);
  while (q < end) {
    fetch(ahead);
    ahead += 36; // 8 outputs of a block in 16 steps: 34 bytes each
    const w0 = v128.load(p), w1 = v128.load(p, 16);
    let x = v128.load32_splat(q);
    c00 = dot<T>(w0, x, c00, ones); c01 = dot<T>(w1, x, c01, ones);
    x = v128.load32_splat(q, 4);
    c10 = dot<T>(w0, x, c10, ones); c11 = dot<T>(w1, x, c11, ones);
    x = v128.load32_splat(q, 8);
    c20 = dot<T>(w0, x, c20, ones); c21 = dot<T>(w1, x, c21, ones);
    x = v128.load32_splat(q, 12);
    c30 = dot<T>(w0, x, c30, ones); c31 = dot<T>(w1, x, c31, ones);
    x = v128.load32_splat(q, 16);
    c40 = dot<T>(w0, x, c40, ones); c41 = dot<T>(w1, x, c41, ones);
    x = v128.load32_splat(q, 20);
    c50 = dot<T>(w0, x, c50, ones); c51 = dot<T>(w1, x, c51, ones);
    p += 128;
    q += 24;
  }
  const upper = constant(UPPER);
  let o = y + t * 4;
  let a = v128.load32_splat(q);
  addTo(o, c00, c01, a, s, upper); o += 128;
  a = v128.load32_splat(q, 4);
  addTo(o, c10, c11, a, s, upper); o += 128;
  a = v128.load32_splat(q, 8);
  addTo(o, c20, c21, a, s, upper); o += 128;
  a = v128.load32_splat(q, 12);
  addTo(o, c30, c31, a, s, upper); o += 128;
  a = v128.load32_splat(q, 16);
  addTo(o, c40, c41, a, s, upper); o += 128;
  a = v128.load32_splat(q, 20);
  addTo(o, c50, c51, a, s, upper);
}

/** 6 rows × 16 outputs: T = i32. */
export function tile6x16<T>(q: usize, panel: usize, t: usize, y: usize, depth: i32): void {
  const ones = constant(ONES);
  const end = q + <usize>depth * 6, s = panel + <usize>depth * 32 + t * 4;
  let z = v128.load32_splat(end, 24);
  let c00 = start(s, z), c01 = start(s + 16, z), c02 = start(s + 32, z), c03 = start(s + 48, z);
  z = v128.load32_splat(end, 28);
  let c10 = start(s, z), c11 = start(s + 16, z), c12 = start(s + 32, z), c13 = start(s + 48, z);
  z = v128.load32_splat(end, 32);
  let c20 = start(s, z), c21 = start(s + 16, z), c22 = start(s + 32, z), c23 = start(s + 48, z);
  z = v128.load32_splat(end, 36);
  let c30 = start(s, z), c31 = start(s + 16, z), c32 = start(s + 32, z), c33 = start(s + 48, z);
  z = v128.load32_splat(end, 40);
  let c40 = start(s, z), c41 = start(s + 16, z), c42 = start(s + 32, z), c43 = start(s + 48, z);
  z = v128.load32_splat(end, 44);
  let c50 = start(s, z), c51 = start(s + 16, z), c52 = start(s + 32, z), c53 = start(s + 48, z);
  let p = panel + t * 4, ahead = nextBlock(panel, depth, t);
  while (q < end) {
    fetch(ahead);
    ahead += 72; // 16 outputs: 68 bytes
    const w0 = v128.load(p), w1 = v128.load(p, 16), w2 = v128.load(p, 32), w3 = v128.load(p, 48);
    let x = v128.load32_splat(q);
    c00 = dot<T>(w0, x, c00, ones); c01 = dot<T>(w1, x, c01, ones); c02 = dot<T>(w2, x, c02, ones); c03 = dot<T>(w3, x, c03, ones);
    x = v128.load32_splat(q, 4);
    c10 = dot<T>(w0, x, c10, ones); c11 = dot<T>(w1, x, c11, ones); c12 = dot<T>(w2, x, c12, ones); c13 = dot<T>(w3, x, c13, ones);
    x = v128.load32_splat(q, 8);
    c20 = dot<T>(w0, x, c20, ones); c21 = dot<T>(w1, x, c21, ones); c22 = dot<T>(w2, x, c22, ones); c23 = dot<T>(w3, x, c23, ones);
    x = v128.load32_splat(q, 12);
    c30 = dot<T>(w0, x, c30, ones); c31 = dot<T>(w1, x, c31, ones); c32 = dot<T>(w2, x, c32, ones); c33 = dot<T>(w3, x, c33, ones);
    x = v128.load32_splat(q, 16);
    c40 = dot<T>(w0, x, c40, ones); c41 = dot<T>(w1, x, c41, ones); c42 = dot<T>(w2, x, c42, ones); c43 = dot<T>(w3, x, c43, ones);
    x = v128.load32_splat(q, 20);
    c50 = dot<T>(w0, x, c50, ones); c51 = dot<T>(w1, x, c51, ones); c52 = dot<T>(w2, x, c52, ones); c53 = dot<T>(w3, x, c53, ones);
    p += 128;
    q += 24;
  }
  const upper = constant(UPPER);
  let o = y + t * 4;
  let a = v128.load32_splat(q);
  addTo(o, c00, c01, a, s, upper); addTo(o + 32, c02, c03, a, s + 32, upper); o += 128;
  a = v128.load32_splat(q, 4);
  addTo(o, c10, c11, a, s, upper); addTo(o + 32, c12, c13, a, s + 32, upper); o += 128;
  a = v128.load32_splat(q, 8);
  addTo(o, c20, c21, a, s, upper); addTo(o + 32, c22, c23, a, s + 32, upper); o += 128;
  a = v128.load32_splat(q, 12);
  addTo(o, c30, c31, a, s, upper); addTo(o + 32, c32, c33, a, s + 32, upper); o += 128;
  a = v128.load32_splat(q, 16);
  addTo(o, c40, c41, a, s, upper); addTo(o + 32, c42, c43, a, s + 32, upper); o += 128;
  a = v128.load32_splat(q, 20);
  addTo(o, c50, c51, a, s, upper); addTo(o + 32, c52, c53, a, s + 32, upper);
}

/** 2 rows × 16 outputs. */
export function tile2x16<T>(q: usize, panel: usize, t: usize, y: usize, depth: i32): void {
  const ones = constant(ONES);
  const end = q + <usize>depth * 2, s = panel + <usize>depth * 32 + t * 4;
  let z = v128.load32_splat(end, 8);
  let c00 = start(s, z), c01 = start(s + 16, z), c02 = start(s + 32, z), c03 = start(s + 48, z);
  z = v128.load32_splat(end, 12);
  let c10 = start(s, z), c11 = start(s + 16, z), c12 = start(s + 32, z), c13 = start(s + 48, z);
  let p = panel + t * 4, ahead = nextBlock(panel, depth, t);
  while (q < end) {
    fetch(ahead);
    ahead += 72; // 16 outputs: 68 bytes
    const x0 = v128.load32_splat(q), x1 = v128.load32_splat(q, 4);
    let w = v128.load(p);
    c00 = dot<T>(w, x0, c00, ones); c10 = dot<T>(w, x1, c10, ones);
    w = v128.load(p, 16);
    c01 = dot<T>(w, x0, c01, ones); c11 = dot<T>(w, x1, c11, ones);
    w = v128.load(p, 32);
    c02 = dot<T>(w, x0, c02, ones); c12 = dot<T>(w, x1, c12, ones);
    w = v128.load(p, 48);
    c03 = dot<T>(w, x0, c03, ones); c13 = dot<T>(w, x1, c13, ones);
    p += 128;
    q += 8;
  }
  const upper = constant(UPPER);
  const o = y + t * 4;
  let a = v128.load32_splat(q);
  addTo(o, c00, c01, a, s, upper); addTo(o + 32, c02, c03, a, s + 32, upper);
  a = v128.load32_splat(q, 4);
  addTo(o + 128, c10, c11, a, s, upper); addTo(o + 160, c12, c13, a, s + 32, upper);
}

/**
 * One row × 32 outputs: decoding. The weights are read once, in order; the words behind a block come first, which makes
 * the machine fetch it ahead: 34 to 38 of the 39 GB/s that reading alone reaches, 28 to 35 where they were read last.
 */
export function tile1x32<T>(q: usize, p: usize, y: usize, depth: i32): void {
  const ones = constant(ONES);
  const end = q + <usize>depth, s = p + <usize>depth * 32;
  const z = v128.load32_splat(end, 4);
  let c0 = start(s, z), c1 = start(s + 16, z), c2 = start(s + 32, z), c3 = start(s + 48, z);
  let c4 = start(s + 64, z), c5 = start(s + 80, z), c6 = start(s + 96, z), c7 = start(s + 112, z);
  while (q < end) {
    fetch(p + AHEAD); fetch(p + AHEAD + 64);
    const x = v128.load32_splat(q);
    c0 = dot<T>(v128.load(p), x, c0, ones); c1 = dot<T>(v128.load(p, 16), x, c1, ones);
    c2 = dot<T>(v128.load(p, 32), x, c2, ones); c3 = dot<T>(v128.load(p, 48), x, c3, ones);
    c4 = dot<T>(v128.load(p, 64), x, c4, ones); c5 = dot<T>(v128.load(p, 80), x, c5, ones);
    c6 = dot<T>(v128.load(p, 96), x, c6, ones); c7 = dot<T>(v128.load(p, 112), x, c7, ones);
    p += 128;
    q += 4;
  }
  const a = v128.load32_splat(q), upper = constant(UPPER);
  addTo(y, c0, c1, a, p, upper); addTo(y + 32, c2, c3, a, p + 32, upper);
  addTo(y + 64, c4, c5, a, p + 64, upper); addTo(y + 96, c6, c7, a, p + 96, upper);
}
