/**
 * Attention over the cache as it lies: keys and values [S B·H E], read where they were appended.
 *
 * A score is a product in four lanes over e, added up in one order; a mixed value is one chain over s ascending. Both
 * are the same for every number of queries and keys.
 *
 * With one query a head, positions are the outer loop: 12 heads of 64 over 48 positions took 31 µs head by head, 9 so.
 */
import { fits, mixTiles, scoreRoom, scoreTiles } from './attention-tiles';
import { firstOf, fma, loadFirst, storeFirst, sumLanes } from './simd';

/**
 * scores [BH T S] = scale · q [BH T E] · keys [S BH E], for the heads of part `part` of `parts`. `room` has scoreRoom(T, E)
 * floats for every part; `paired`: with tiles for 256 bits.
 */
export function attentionScores(
  q: usize,
  keys: usize,
  y: usize,
  BH: i32,
  T: i32,
  S: i32,
  E: i32,
  scale: f32,
  room: usize,
  paired: i32,
  part: i32,
  parts: i32,
): void {
  const step = <usize>(BH * E) * 4;
  const first = firstOf(BH, part, parts), to = firstOf(BH, part + 1, parts);
  if (T == 1) {
    scoresOfOne(q, keys, step, first, to, S, E, y, scale);
    return;
  }
  for (let bh = first; bh < to; bh++) {
    const k = keys + <usize>(bh * E) * 4;
    const x = q + <usize>(bh * T * E) * 4, o = y + <usize>(bh * T * S) * 4;
    const row = <usize>S * 4;
    let t = 0;
    if (T >= 6 && fits(E)) {
      t = T - (T % 6);
      scoreTiles(x, k, step, t, S, E, o, scale, room + <usize>(part * scoreRoom(T, E)) * 4, paired);
    }
    for (; t + 2 <= T; t += 2) {
      const x0 = x + <usize>(t * E) * 4, o0 = o + <usize>t * row;
      let s = 0;
      for (; s + 4 <= S; s += 4) twoByFour(x0, k + <usize>s * step, step, E, o0 + <usize>s * 4, row, scale);
      for (; s < S; s++) {
        store<f32>(o0 + <usize>s * 4, scale * dot(x0, k + <usize>s * step, E));
        store<f32>(o0 + row + <usize>s * 4, scale * dot(x0 + <usize>E * 4, k + <usize>s * step, E));
      }
    }
    if (t < T) oneQuery(x + <usize>(t * E) * 4, k, step, S, E, o + <usize>t * row, scale);
  }
}

/** One query a head: position by position, so that the cache is read in the order of its bytes. */
function scoresOfOne(q: usize, keys: usize, step: usize, first: i32, to: i32, S: i32, E: i32, y: usize, scale: f32): void {
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

function oneQuery(x: usize, k: usize, step: usize, S: i32, E: i32, y: usize, scale: f32): void {
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

/** Two queries against four keys: each key is read once for both. */
function twoByFour(x0: usize, k0: usize, step: usize, E: i32, y: usize, row: usize, scale: f32): void {
  let x1 = x0 + <usize>E * 4;
  let k1 = k0 + step, k2 = k1 + step, k3 = k2 + step;
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, d0 = c0, d1 = c0, d2 = c0, d3 = c0;
  let e = E;
  for (; e >= 4; e -= 4, x0 += 16, x1 += 16, k0 += 16, k1 += 16, k2 += 16, k3 += 16) {
    const u = v128.load(x0), v = v128.load(x1);
    let k = v128.load(k0);
    c0 = fma(u, k, c0); d0 = fma(v, k, d0);
    k = v128.load(k1);
    c1 = fma(u, k, c1); d1 = fma(v, k, d1);
    k = v128.load(k2);
    c2 = fma(u, k, c2); d2 = fma(v, k, d2);
    k = v128.load(k3);
    c3 = fma(u, k, c3); d3 = fma(v, k, d3);
  }
  if (e > 0) {
    const u = loadFirst(x0, e), v = loadFirst(x1, e);
    let k = loadFirst(k0, e);
    c0 = fma(u, k, c0); d0 = fma(v, k, d0);
    k = loadFirst(k1, e);
    c1 = fma(u, k, c1); d1 = fma(v, k, d1);
    k = loadFirst(k2, e);
    c2 = fma(u, k, c2); d2 = fma(v, k, d2);
    k = loadFirst(k3, e);
    c3 = fma(u, k, c3); d3 = fma(v, k, d3);
  }
  v128.store(y, f32x4.mul(f32x4.splat(scale), sumFour(c0, c1, c2, c3)));
  v128.store(y + row, f32x4.mul(f32x4.splat(scale), sumFour(d0, d1, d2, d3)));
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

/**
 * z [BH T E] = pattern [BH T S] · values [S BH E], for the heads of part `part` of `parts`. `room` has 6 × S floats for every
 * part; `paired`: with tiles for 256 bits.
 */
export function mix(
  p: usize, values: usize, z: usize, BH: i32, T: i32, S: i32, E: i32, room: usize, paired: i32, part: i32, parts: i32,
): void {
  const step = <usize>(BH * E) * 4;
  const first = firstOf(BH, part, parts), to = firstOf(BH, part + 1, parts);
  if (T == 1) {
    mixOfOne(p, values, step, first, to, S, E, z);
    return;
  }
  for (let bh = first; bh < to; bh++) {
    const v = values + <usize>(bh * E) * 4;
    const rows = p + <usize>(bh * T * S) * 4, o = z + <usize>(bh * T * E) * 4;
    let t = 0;
    if (T >= 6 && fits(E)) {
      t = T - (T % 6);
      mixTiles(rows, v, step, t, S, E, o, room + <usize>(part * 6 * S) * 4, paired);
    }
    for (; t + 4 <= T; t += 4) fourRows(rows + <usize>(t * S) * 4, v, step, S, E, o + <usize>(t * E) * 4);
    for (; t < T; t++) oneRow(rows + <usize>(t * S) * 4, v, step, S, E, o + <usize>(t * E) * 4);
  }
}

/** One query a head: as scoresOfOne, four positions a turn; the sums wait in z. */
function mixOfOne(p: usize, values: usize, step: usize, first: i32, to: i32, S: i32, E: i32, z: usize): void {
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
      oneValue(v128.load32_splat(p + <usize>bh * row + <usize>s * 4), v + at, E, z + at);
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
  oneValue(x0, v0, e, z);
  oneValue(x1, v1, e, z);
  oneValue(x2, v2, e, z);
  oneValue(x3, v3, e, z);
}

function oneValue(x: v128, v: usize, E: i32, z: usize): void {
  let e = E;
  for (; e >= 4; e -= 4, v += 16, z += 16) v128.store(z, fma(x, v128.load(v), v128.load(z)));
  if (e > 0) storeFirst(z, fma(x, loadFirst(v, e), loadFirst(z, e)), e);
}

function oneRow(p: usize, v: usize, step: usize, S: i32, E: i32, o: usize): void {
  let e = E;
  for (; e >= 32; e -= 32, v += 128, o += 128) mix32(p, v, step, S, o);
  for (; e >= 4; e -= 4, v += 16, o += 16) mix4(p, v, step, S, o);
  if (e > 0) mixRest(p, v, step, S, o, e);
}

/** Four queries: each value is read once for all. */
function fourRows(p: usize, v: usize, step: usize, S: i32, E: i32, o: usize): void {
  const row = <usize>E * 4, next = <usize>S * 4;
  let e = E;
  for (; e >= 8; e -= 8, v += 32, o += 32) mix4by8(p, next, v, step, S, o, row);
  if (e > 0) {
    for (let t = 0; t < 4; t++, p += next, o += row) oneRow(p, v, step, S, e, o);
  }
}

function mix4by8(p0: usize, next: usize, v: usize, step: usize, S: i32, z: usize, row: usize): void {
  let p1 = p0 + next, p2 = p1 + next, p3 = p2 + next;
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  for (const end = p1; p0 < end; p0 += 4, p1 += 4, p2 += 4, p3 += 4, v += step) {
    const v0 = v128.load(v), v1 = v128.load(v, 16);
    let x = v128.load32_splat(p0);
    c00 = fma(x, v0, c00); c01 = fma(x, v1, c01);
    x = v128.load32_splat(p1);
    c10 = fma(x, v0, c10); c11 = fma(x, v1, c11);
    x = v128.load32_splat(p2);
    c20 = fma(x, v0, c20); c21 = fma(x, v1, c21);
    x = v128.load32_splat(p3);
    c30 = fma(x, v0, c30); c31 = fma(x, v1, c31);
  }
  v128.store(z, c00); v128.store(z, c01, 16); z += row;
  v128.store(z, c10); v128.store(z, c11, 16); z += row;
  v128.store(z, c20); v128.store(z, c21, 16); z += row;
  v128.store(z, c30); v128.store(z, c31, 16);
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
