/** Attention over the cache as it lies: keys and values [S B·H E], read where they were appended. */
import { mixOfOne, oneQuery, oneRow, scoresOfOne } from './attention-one';
import { fits, keysRoom, mixTile, packKeys, scoreTile, tileRoom } from './attention-tiles';
import { firstOf } from './simd';
import { softmaxRow } from './softmax';

/** Floats of room that a part of any of these needs, where its heads are `heads` at most. */
@inline
function roomFor(heads: i32, T: i32, S: i32, E: i32): i32 {
  return T == 1 ? (heads + 1) * S + 8 : keysRoom(S, E) + tileRoom(S, E) + 7 * S + 8;
}

/** For TypeScript: floats of room for all parts. */
export function attentionRoom(BH: i32, T: i32, S: i32, E: i32, parts: i32): i32 {
  return parts * roomFor((BH + parts - 1) / parts, T, S, E);
}

/**
 * scores [BH T S] = scale · q [BH T E] · keys [S BH E], for the heads of part `part` of `parts`. `paired`: with tiles for 256
 * bits.
 */
export function attentionScores(
  q: usize, keys: usize, y: usize, BH: i32, T: i32, S: i32, E: i32, scale: f32,
  room: usize, paired: i32, part: i32, parts: i32,
): void {
  const step = <usize>(BH * E) * 4, row = <usize>S * 4;
  const first = firstOf(BH, part, parts), to = firstOf(BH, part + 1, parts);
  if (T == 1) {
    scoresOfOne(q, keys, step, first, to, S, E, y, scale);
    return;
  }
  const packed = room + <usize>(part * roomFor(0, T, S, E)) * 4, tile = packed + <usize>keysRoom(S, E) * 4;
  for (let bh = first; bh < to; bh++) {
    const k = keys + <usize>(bh * E) * 4;
    let x = q + <usize>(bh * T * E) * 4, o = y + <usize>(bh * T) * row, t = 0;
    if (T >= 6 && fits(E)) {
      packKeys(k, step, S, E, packed);
      for (; t + 6 <= T; t += 6, x += <usize>(6 * E) * 4, o += 6 * row) scoreTile(x, packed, S, E, o, row, scale, tile, paired);
    }
    for (; t < T; t++, x += <usize>E * 4, o += row) oneQuery(x, k, step, S, E, o, scale);
  }
}

/** z [BH T E] = pattern [BH T S] · values [S BH E], likewise. */
export function mix(
  p: usize, values: usize, z: usize, BH: i32, T: i32, S: i32, E: i32,
  room: usize, paired: i32, part: i32, parts: i32,
): void {
  const step = <usize>(BH * E) * 4, row = <usize>S * 4;
  const first = firstOf(BH, part, parts), to = firstOf(BH, part + 1, parts);
  if (T == 1) {
    mixOfOne(p, values, step, first, to, S, E, z);
    return;
  }
  const tile = room + <usize>(part * roomFor(0, T, S, E)) * 4;
  for (let bh = first; bh < to; bh++) {
    const v = values + <usize>(bh * E) * 4;
    let rows = p + <usize>(bh * T) * row, o = z + <usize>(bh * T * E) * 4, t = 0;
    if (T >= 6 && fits(E)) {
      for (; t + 6 <= T; t += 6, rows += 6 * row, o += <usize>(6 * E) * 4) mixTile(rows, row, S, v, step, E, o, tile, paired);
    }
    for (; t < T; t++, rows += row, o += <usize>E * 4) oneRow(rows, v, step, S, E, o);
  }
}

/**
 * z = softmax(scale · q · keys + bias, masked) · values: the three steps with their bits, a few rows of scores at a time.
 * Steps of bias and mask, `past` and `status` as in softmax.ts.
 */
export function attention(
  q: usize, keys: usize, values: usize, z: usize,
  bias: usize, biasB: i32, biasH: i32, biasT: i32, biasStep: i32,
  mask: usize, maskB: i32, maskH: i32, maskT: i32, maskStep: i32,
  room: usize, status: usize,
  B: i32, H: i32, T: i32, S: i32, E: i32, past: i32, scale: f32, paired: i32, part: i32, parts: i32,
): void {
  const BH = B * H, step = <usize>(BH * E) * 4, row = <usize>S * 4;
  const first = firstOf(BH, part, parts), to = firstOf(BH, part + 1, parts);
  room += <usize>(part * roomFor((BH + parts - 1) / parts, T, S, E)) * 4;
  if (T == 1) {
    const scores = room - <usize>first * row;
    scoresOfOne(q, keys, step, first, to, S, E, scores, scale);
    for (let bh = first; bh < to; bh++) {
      const b = bh / H, h = bh % H, at = scores + <usize>bh * row;
      const biasAt = bias == 0 ? <usize>0 : bias + <usize>(b * biasB + h * biasH) * 4;
      const maskAt = mask == 0 ? <usize>0 : mask + <usize>(b * maskB + h * maskH);
      const seen = past < 0 ? S : min(S, past + 1);
      tell(status, softmaxRow(at, biasAt, biasStep, maskAt, maskStep, at, room + <usize>(to - first) * row, S, seen, 1));
    }
    mixOfOne(scores, values, step, first, to, S, E, z);
    return;
  }
  const packed = room, tile = packed + <usize>keysRoom(S, E) * 4;
  const scores = tile + <usize>tileRoom(S, E) * 4, exponentials = scores + 6 * row;
  for (let bh = first; bh < to; bh++) {
    const b = bh / H, h = bh % H;
    const k = keys + <usize>(bh * E) * 4, v = values + <usize>(bh * E) * 4;
    const inTiles = T >= 6 && fits(E);
    if (inTiles) packKeys(k, step, S, E, packed);
    for (let t = 0; t < T; ) {
      const x = q + <usize>((bh * T + t) * E) * 4, o = z + <usize>((bh * T + t) * E) * 4;
      const count = inTiles && t + 6 <= T ? 6 : 1;
      const seen = past < 0 ? S : min(S, past + t + count);
      if (count == 6) scoreTile(x, packed, seen, E, scores, row, scale, tile, paired);
      else oneQuery(x, k, step, seen, E, scores, scale);
      for (let r = 0; r < count; r++) {
        const at = scores + <usize>r * row;
        const biasAt = bias == 0 ? <usize>0 : bias + <usize>(b * biasB + h * biasH + (t + r) * biasT) * 4;
        const maskAt = mask == 0 ? <usize>0 : mask + <usize>(b * maskB + h * maskH + (t + r) * maskT);
        const own = past < 0 ? S : min(S, past + t + r + 1);
        tell(status, softmaxRow(at, biasAt, biasStep, maskAt, maskStep, at, exponentials, seen, own, 1));
      }
      if (count == 6) mixTile(scores, row, seen, v, step, E, o, tile, paired);
      else oneRow(scores, v, step, seen, E, o);
      t += count;
    }
  }
}

@inline
function tell(status: usize, why: i32): void {
  if (why != 0) store<i32>(status + <usize>(why - 1) * 4, 1);
}
