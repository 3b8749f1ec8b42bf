/**
 * Attention of one query a head. A score is a product in four lanes over e, added up in one order; a mixed value is one chain
 * over s ascending: the same for every number of queries and keys.
 *
 * Positions are the outer loop, so that the cache is read in the order of its bytes: 12 heads of 64 over 48 positions took
 * 31 µs head by head, 18 so.
 */
import { fma, loadFirst, storeFirst, sumLanes } from './simd';

/** One query a head: position by position, so that the cache is read in the order of its bytes. */
export function scoresOfOne(q: usize, keys: usize, step: usize, first: i32, to: i32, S: i32, E: i32, y: usize, scale: f32): void {
  const head = <usize>E * 4, row = <usize>S * 4;
  let s = 0;
  for (; s + 4 <= S; s += 4) {
    const k = keys + <usize>s * step;
    for (let bh = first; bh < to; bh++) {
      const at = <usize>bh * head;
      fourKeys(q + at, k + at, step, E, y + <usize>bh * row + <usize>s * 4, scale);
    }
  }
  for (; s < S; s++) {
    for (let bh = first; bh < to; bh++) {
      const at = <usize>bh * head;
      store<f32>(y + <usize>bh * row + <usize>s * 4, scale * dot(q + at, keys + <usize>s * step + at, E));
    }
  }
}

export function oneQuery(x: usize, k: usize, step: usize, S: i32, E: i32, y: usize, scale: f32): void {
  let s = 0;
  for (; s + 4 <= S; s += 4) fourKeys(x, k + <usize>s * step, step, E, y + <usize>s * 4, scale);
  for (; s < S; s++) store<f32>(y + <usize>s * 4, scale * dot(x, k + <usize>s * step, E));
}

function dot(x: usize, k: usize, E: i32): f32 {
  let c = f32x4.splat(0);
  let e = E;
  for (; e >= 4; e -= 4, x += 16, k += 16) c = fma(v128.load(x), v128.load(k), c);
  if (e > 0) c = fma(loadFirst(x, e), loadFirst(k, e), c);
  return sumLanes(c);
}

function fourKeys(x: usize, k0: usize, step: usize, E: i32, y: usize, scale: f32): void {
  let k1 = k0 + step, k2 = k1 + step, k3 = k2 + step;
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  let e = E;
  for (; e >= 4; e -= 4, x += 16, k0 += 16, k1 += 16, k2 += 16, k3 += 16) {
    const v = v128.load(x);
    c0 = fma(v, v128.load(k0), c0); c1 = fma(v, v128.load(k1), c1);
    c2 = fma(v, v128.load(k2), c2); c3 = fma(v, v128.load(k3), c3);
  }
  if (e > 0) {
    const v = loadFirst(x, e);
    c0 = fma(v, loadFirst(k0, e), c0); c1 = fma(v, loadFirst(k1, e), c1);
    c2 = fma(v, loadFirst(k2, e), c2); c3 = fma(v, loadFirst(k3, e), c3);
  }
  v128.store(y, f32x4.mul(f32x4.splat(scale), sumFour(c0, c1, c2, c3)));
}

/** sumLanes of four vectors at once: lanes become columns. */
@inline
function sumFour(c0: v128, c1: v128, c2: v128, c3: v128): v128 {
  const a = i32x4.shuffle(c0, c1, 0, 4, 1, 5), b = i32x4.shuffle(c2, c3, 0, 4, 1, 5);
  const c = i32x4.shuffle(c0, c1, 2, 6, 3, 7), d = i32x4.shuffle(c2, c3, 2, 6, 3, 7);
  const even = f32x4.add(i64x2.shuffle(a, b, 0, 2), i64x2.shuffle(c, d, 0, 2));
  const odd = f32x4.add(i64x2.shuffle(a, b, 1, 3), i64x2.shuffle(c, d, 1, 3));
  return f32x4.add(even, odd);
}

/** One query a head: as scoresOfOne, four positions a turn; the sums wait in z. */
export function mixOfOne(p: usize, values: usize, step: usize, first: i32, to: i32, S: i32, E: i32, z: usize): void {
  const head = <usize>E * 4, row = <usize>S * 4;
  memory.fill(z + <usize>first * head, 0, <usize>(to - first) * head);
  let s = 0;
  for (; s + 4 <= S; s += 4) {
    const v = values + <usize>s * step;
    for (let bh = first; bh < to; bh++) {
      const at = <usize>bh * head;
      fourValues(p + <usize>bh * row + <usize>s * 4, v + at, step, E, z + at);
    }
  }
  for (; s < S; s++) {
    const v = values + <usize>s * step;
    for (let bh = first; bh < to; bh++) {
      const at = <usize>bh * head;
      oneValue(p + <usize>bh * row + <usize>s * 4, v + at, E, z + at);
    }
  }
}

/** z += p₀v₀, then p₁v₁ and so on. */
function fourValues(p: usize, v0: usize, step: usize, E: i32, z: usize): void {
  let v1 = v0 + step, v2 = v1 + step, v3 = v2 + step;
  const x0 = v128.load32_splat(p), x1 = v128.load32_splat(p, 4), x2 = v128.load32_splat(p, 8), x3 = v128.load32_splat(p, 12);
  let e = E;
  for (; e >= 8; e -= 8, z += 32, v0 += 32, v1 += 32, v2 += 32, v3 += 32) {
    const c = fma(x1, v128.load(v1), fma(x0, v128.load(v0), v128.load(z)));
    const d = fma(x1, v128.load(v1, 16), fma(x0, v128.load(v0, 16), v128.load(z, 16)));
    const f = fma(x3, v128.load(v3), fma(x2, v128.load(v2), c));
    const g = fma(x3, v128.load(v3, 16), fma(x2, v128.load(v2, 16), d));
    v128.store(z, f);
    v128.store(z, g, 16);
  }
  if (e == 0) return;
  oneValue(p, v0, e, z);
  oneValue(p + 4, v1, e, z);
  oneValue(p + 8, v2, e, z);
  oneValue(p + 12, v3, e, z);
}

function oneValue(p: usize, v: usize, E: i32, z: usize): void {
  const x = v128.load32_splat(p);
  let e = E;
  for (; e >= 4; e -= 4, v += 16, z += 16) v128.store(z, fma(x, v128.load(v), v128.load(z)));
  if (e > 0) storeFirst(z, fma(x, loadFirst(v, e), loadFirst(z, e)), e);
}

export function oneRow(p: usize, v: usize, step: usize, S: i32, E: i32, o: usize): void {
  let e = E;
  for (; e >= 32; e -= 32, v += 128, o += 128) mix32(p, v, step, S, o);
  for (; e >= 4; e -= 4, v += 16, o += 16) mix4(p, v, step, S, o);
  if (e > 0) mixRest(p, v, step, S, o, e);
}

function mix32(p: usize, v: usize, step: usize, S: i32, z: usize): void {
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero;
  for (const end = p + <usize>S * 4; p < end; p += 4, v += step) {
    const x = v128.load32_splat(p);
    c0 = fma(x, v128.load(v), c0); c1 = fma(x, v128.load(v, 16), c1);
    c2 = fma(x, v128.load(v, 32), c2); c3 = fma(x, v128.load(v, 48), c3);
    c4 = fma(x, v128.load(v, 64), c4); c5 = fma(x, v128.load(v, 80), c5);
    c6 = fma(x, v128.load(v, 96), c6); c7 = fma(x, v128.load(v, 112), c7);
  }
  v128.store(z, c0); v128.store(z, c1, 16);
  v128.store(z, c2, 32); v128.store(z, c3, 48);
  v128.store(z, c4, 64); v128.store(z, c5, 80);
  v128.store(z, c6, 96); v128.store(z, c7, 112);
}

function mix4(p: usize, v: usize, step: usize, S: i32, z: usize): void {
  let c = f32x4.splat(0);
  for (const end = p + <usize>S * 4; p < end; p += 4, v += step) c = fma(v128.load32_splat(p), v128.load(v), c);
  v128.store(z, c);
}

function mixRest(p: usize, v: usize, step: usize, S: i32, z: usize, count: i32): void {
  let c = f32x4.splat(0);
  for (const end = p + <usize>S * 4; p < end; p += 4, v += step) c = fma(v128.load32_splat(p), loadFirst(v, count), c);
  storeFirst(z, c, count);
}
