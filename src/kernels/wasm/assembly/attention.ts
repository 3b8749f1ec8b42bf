/**
 * Attention over the cache as it lies: keys and values [S B·H E], read where they were appended.
 *
 * A score is a product in four lanes over e, added up in one order; a mixed value is one chain over s ascending. Both
 * are the same for every number of queries and keys.
 */
import { firstOf, fma, loadFirst, storeFirst, sumLanes } from './simd';

/** scores [BH T S] = scale · q [BH T E] · keys [S BH E], for the heads of part `part` of `parts`. */
export function attentionScores(
  q: usize,
  keys: usize,
  y: usize,
  BH: i32,
  T: i32,
  S: i32,
  E: i32,
  scale: f32,
  part: i32,
  parts: i32,
): void {
  const step = <usize>(BH * E) * 4;
  for (let bh = firstOf(BH, part, parts), to = firstOf(BH, part + 1, parts); bh < to; bh++) {
    const k = keys + <usize>(bh * E) * 4;
    for (let t = 0; t < T; t++) {
      const x = q + <usize>((bh * T + t) * E) * 4;
      const o = y + <usize>((bh * T + t) * S) * 4;
      let s = 0;
      for (; s + 4 <= S; s += 4) fourKeys(x, k + <usize>s * step, step, E, o + <usize>s * 4, scale);
      for (; s < S; s++) store<f32>(o + <usize>s * 4, scale * dot(x, k + <usize>s * step, E));
    }
  }
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
  // Lanes to columns, so that four sums are taken at once: (0 + 2) + (1 + 3) each, as sumLanes does.
  const a = i32x4.shuffle(c0, c1, 0, 4, 1, 5), b = i32x4.shuffle(c2, c3, 0, 4, 1, 5);
  const c = i32x4.shuffle(c0, c1, 2, 6, 3, 7), d = i32x4.shuffle(c2, c3, 2, 6, 3, 7);
  const even = f32x4.add(i64x2.shuffle(a, b, 0, 2), i64x2.shuffle(c, d, 0, 2));
  const odd = f32x4.add(i64x2.shuffle(a, b, 1, 3), i64x2.shuffle(c, d, 1, 3));
  v128.store(y, f32x4.mul(f32x4.splat(scale), f32x4.add(even, odd)));
}

/** z [BH T E] = pattern [BH T S] · values [S BH E], for the heads of part `part` of `parts`. */
export function mix(p: usize, values: usize, z: usize, BH: i32, T: i32, S: i32, E: i32, part: i32, parts: i32): void {
  const step = <usize>(BH * E) * 4;
  for (let bh = firstOf(BH, part, parts), to = firstOf(BH, part + 1, parts); bh < to; bh++) {
    for (let t = 0; t < T; t++) {
      const row = p + <usize>((bh * T + t) * S) * 4;
      let v = values + <usize>(bh * E) * 4;
      let o = z + <usize>((bh * T + t) * E) * 4;
      let e = E;
      for (; e >= 32; e -= 32, v += 128, o += 128) mix32(row, v, step, S, o);
      for (; e >= 4; e -= 4, v += 16, o += 16) mix4(row, v, step, S, o);
      if (e > 0) mixRest(row, v, step, S, o, e);
    }
  }
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
