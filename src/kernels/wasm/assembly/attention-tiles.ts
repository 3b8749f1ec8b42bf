/**
 * Attention of many queries as products in tiles, with the sums of attention.ts, bit for bit: reading a prompt of 512 tokens
 * GPT-2 spent 120 of 490 ms in attention one query by one.
 */
import { storeFirst } from './simd';
import { tile6x16, tile6x8 } from './tiles';

/** Keys whose products with all queries are taken together: 8 KB of them at E = 64. */
const KEYS: i32 = 32;

/** Floats of room that scoreTiles needs. */
@inline
export function scoreRoom(T: i32, E: i32): i32 {
  return (T + KEYS) * E + 4 * 6 * KEYS;
}

/** Can a head of this size be cut into tiles? */
@inline
export function fits(E: i32): bool {
  return E % 16 == 0;
}

/**
 * scores [T S] = scale · q [T E] · keys, of one head and T a multiple of 6. A score has four sums, over e ≡ 0, 1, 2 and 3
 * modulo 4, which attention.ts keeps in the lanes of a vector: here each is a product of its own.
 */
export function scoreTiles(
  q: usize, k: usize, step: usize, T: i32, S: i32, E: i32, y: usize, scale: f32, room: usize, paired: i32,
): void {
  const keys = room, tiles = keys + <usize>(KEYS * E) * 4, sums = tiles + <usize>(T * E) * 4;
  for (let t = 0; t < T; t += 6) packQueries(q + <usize>(t * E) * 4, E, tiles + <usize>(t * E) * 4);
  const part = <usize>E / 4, block = <usize>(6 * KEYS) * 4;
  for (let s = 0; s < S; s += KEYS) {
    const count = min(KEYS, S - s);
    packKeys(k + <usize>s * step, step, count, E, keys);
    for (let t = 0; t < T; t += 6) {
      memory.fill(sums, 0, 4 * block);
      for (let j: usize = 0; j < 4; j++) {
        const x = tiles + <usize>(t * E) * 4 + j * part * 24, p = keys + j * part * 128;
        multiply(x, p, 128, sums + j * block, 128, KEYS, <i32>part, paired);
      }
      const to = y + (<usize>t * <usize>S + <usize>s) * 4;
      for (let r: usize = 0; r < 6; r++) join(sums + r * 128, block, to + r * <usize>S * 4, count, scale);
    }
  }
}

/** 6 rows × columns, of which there are a multiple of 16. */
function multiply(x: usize, p: usize, step: usize, y: usize, row: usize, columns: i32, K: i32, paired: i32): void {
  const end = <usize>columns * 4;
  if (paired) for (let c: usize = 0; c < end; c += 64) tile6x16(x, p + c, step, y + c, row, K);
  else for (let c: usize = 0; c < end; c += 32) tile6x8(x, p + c, step, y + c, row, K);
}

/** 6 queries [6 E] → [4][E/4][6]. */
function packQueries(q: usize, E: i32, to: usize): void {
  const row = <usize>E * 4;
  for (let j: usize = 0; j < 4; j++) {
    for (let e = j * 4; e < row; e += 16, to += 24) {
      for (let r: usize = 0; r < 6; r++) store<f32>(to + r * 4, load<f32>(q + r * row + e));
    }
  }
}

/** `count` keys → [4][E/4][32], zeros where there is none. */
function packKeys(k: usize, step: usize, count: i32, E: i32, to: usize): void {
  const part = <usize>(E / 4) * 128;
  if (count < KEYS) memory.fill(to, 0, 4 * part);
  for (let s = 0; s < count; s++, k += step, to += 4) {
    for (let e = k, o = to, end = k + <usize>E * 4; e < end; e += 16, o += 128) {
      const v = v128.load(e);
      v128.store_lane<f32>(o, v, 0);
      v128.store_lane<f32>(o + part, v, 1);
      v128.store_lane<f32>(o + 2 * part, v, 2);
      v128.store_lane<f32>(o + 3 * part, v, 3);
    }
  }
}

/** A row of scores from its four sums, added up as sumLanes does. */
function join(sums: usize, block: usize, y: usize, count: i32, scale: f32): void {
  const by = f32x4.splat(scale);
  for (; count > 0; count -= 4, sums += 16, y += 16) {
    const even = f32x4.add(v128.load(sums), v128.load(sums + 2 * block));
    const odd = f32x4.add(v128.load(sums + block), v128.load(sums + 3 * block));
    const score = f32x4.mul(by, f32x4.add(even, odd));
    if (count >= 4) v128.store(y, score);
    else storeFirst(y, score, count);
  }
}

/** z [T E] = pattern [T S] · values of one head, T a multiple of 6. `room` has 6 × S floats. */
export function mixTiles(
  p: usize, v: usize, step: usize, T: i32, S: i32, E: i32, z: usize, room: usize, paired: i32,
): void {
  const row = <usize>S * 4;
  memory.fill(z, 0, <usize>(T * E) * 4);
  for (let t = 0; t < T; t += 6, p += 6 * row, z += <usize>(6 * E) * 4) {
    const seen = lastSeen(p, S);
    let to = room;
    for (let at = p, end = p + <usize>seen * 4; at < end; at += 4, to += 24) {
      for (let r: usize = 0; r < 6; r++) store<f32>(to + r * 4, load<f32>(at + r * row));
    }
    multiply(room, v, step, z, <usize>E * 4, E, seen, paired);
  }
}

/** Positions up to the last one that some of 6 rows looks at: behind it stand the zeros of a causal mask. */
function lastSeen(p: usize, S: i32): i32 {
  const row = <usize>S * 4;
  let seen = S;
  for (; seen > 0; seen--) {
    const at = p + <usize>(seen - 1) * 4;
    for (let r: usize = 0; r < 6; r++) if (load<f32>(at + r * row) != 0) return seen;
  }
  return 0;
}
