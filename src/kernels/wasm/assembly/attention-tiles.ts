/**
 * Attention of six queries as products in tiles, with the sums of attention-one.ts, bit for bit: reading a prompt of 512
 * tokens, GPT-2 spent 120 of 490 ms in attention query by query.
 */
import { storeFirst } from './simd';
import { tile6x16, tile6x8 } from './tiles';

/** Keys whose products with six queries are taken together: 8 KB of them at E = 64. */
const KEYS: i32 = 32;

/** Can a head of this size be cut into tiles? */
@inline
export function fits(E: i32): bool {
  return E % 16 == 0;
}

/** Floats of the keys of a head, packed. */
@inline
export function keysRoom(S: i32, E: i32): i32 {
  return ((S + KEYS - 1) / KEYS) * KEYS * E;
}

/** Floats of room that a tile needs: queries and their sums, or rows of the pattern. */
@inline
export function tileRoom(S: i32, E: i32): i32 {
  return max(6 * E + 4 * 6 * KEYS, 6 * S);
}

/**
 * Six rows of scores up to position S = scale · q [6 E] · keys. A score has four sums, over e ≡ 0, 1, 2 and 3 modulo 4, which
 * attention-one.ts keeps in the lanes of a vector: here each is a product of its own.
 */
export function scoreTile(
  q: usize, keys: usize, S: i32, E: i32, y: usize, row: usize, scale: f32, room: usize, paired: i32,
): void {
  const sums = room + <usize>(6 * E) * 4, block = <usize>(6 * KEYS) * 4, part = <usize>E / 4;
  packQueries(q, E, room);
  for (let s = 0; s < S; s += KEYS, keys += <usize>(KEYS * E) * 4, y += 4 * KEYS) {
    memory.fill(sums, 0, 4 * block);
    for (let j: usize = 0; j < 4; j++) {
      multiply(room + j * part * 24, keys + j * part * 128, 128, sums + j * block, 128, KEYS, <i32>part, paired);
    }
    for (let r: usize = 0; r < 6; r++) join(sums + r * 128, block, y + r * row, min(KEYS, S - s), scale);
  }
}

/** Keys of a head → [S/32][4][E/4][32], zeros where there is none. */
export function packKeys(k: usize, step: usize, S: i32, E: i32, to: usize): void {
  for (let s = 0; s < S; s += KEYS, k += <usize>KEYS * step, to += <usize>(KEYS * E) * 4) packSome(k, step, min(KEYS, S - s), E, to);
}

/** 6 rows × columns, of which there are a multiple of 16. */
function multiply(x: usize, p: usize, step: usize, y: usize, row: usize, columns: i32, K: i32, paired: i32): void {
  const end = <usize>columns * 4;
  if (paired) for (let c: usize = 0; c < end; c += 64) tile6x16(x, p + c, step, y + c, row, K, p, 0);
  else for (let c: usize = 0; c < end; c += 32) tile6x8(x, p + c, step, y + c, row, K, p, 0);
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

function packSome(k: usize, step: usize, count: i32, E: i32, to: usize): void {
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

/** z [6 E] = six rows of a pattern up to position S · values of a head. */
export function mixTile(
  p: usize, row: usize, S: i32, v: usize, step: usize, E: i32, z: usize, room: usize, paired: i32,
): void {
  memory.fill(z, 0, <usize>(6 * E) * 4);
  const seen = lastSeen(p, row, S);
  let to = room;
  for (let at = p, end = p + <usize>seen * 4; at < end; at += 4, to += 24) {
    for (let r: usize = 0; r < 6; r++) store<f32>(to + r * 4, load<f32>(at + r * row));
  }
  multiply(room, v, step, z, <usize>E * 4, E, seen, paired);
}

/** Positions up to the last one that some of 6 rows looks at: behind it stand the zeros of a causal mask. */
function lastSeen(p: usize, row: usize, S: i32): i32 {
  let seen = S;
  for (; seen > 0; seen--) {
    const at = p + <usize>(seen - 1) * 4;
    for (let r: usize = 0; r < 6; r++) if (load<f32>(at + r * row) != 0) return seen;
  }
  return 0;
}
