/** Softmax of one row, entries from the first to the last one allowed: what is masked before and behind changes no bit. */
import { exp } from './exp';
import { loadFirst, storeFirst, sumLanes } from './simd';

/**
 * y = softmax(scale·x + bias) over the columns below `seen` whose mask byte is not 0; zeros elsewhere, up to n.
 * Gives 0, 1 where nothing is allowed, 2 where an allowed entry is NaN or +∞. `room` has room for seen + 4 floats.
 *
 * Lanes of the sum are counted from the first allowed entry, so that padding in front does not move entries to others.
 */
export function softmaxRow(
  x: usize,
  bias: usize,
  biasStep: i32,
  mask: usize,
  maskStep: i32,
  y: usize,
  room: usize,
  n: i32,
  seen: i32,
  scale: f32,
): i32 {
  let first = 0;
  if (mask != 0) while (first < seen && load<u8>(mask + <usize>(first * maskStep)) == 0) first++;
  const size = seen - first;
  memory.fill(y, 0, <usize>n * 4);
  if (size <= 0) return 1;
  x += <usize>first * 4;
  y += <usize>first * 4;
  if (mask != 0) mask += <usize>(first * maskStep);
  if (bias != 0) bias += <usize>(first * biasStep) * 4;

  const factor = f32x4.splat(scale), lowest = f32x4.splat(-Infinity), limit = f32x4.splat(Infinity);
  let largest = lowest, fine = i32x4.splat(-1);
  for (let i = 0; i < size; i += 4) {
    const count = min(4, size - i);
    const at = <usize>i * 4;
    let s = f32x4.mul(count == 4 ? v128.load(x + at) : loadFirst(x + at, count), factor);
    if (bias != 0) {
      if (biasStep == 0) s = f32x4.add(s, v128.load32_splat(bias));
      else s = f32x4.add(s, count == 4 ? v128.load(bias + at) : loadFirst(bias + at, count));
    }
    if (mask != 0 || count < 4) s = v128.bitselect(s, lowest, allowed(mask, maskStep, i, count));
    fine = v128.and(fine, f32x4.lt(s, limit));
    largest = f32x4.max(largest, s);
    v128.store(room + at, s);
  }
  if (!i32x4.all_true(fine)) return 2;
  const top: f32 = max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  if (top == -Infinity) return 1;

  const shift = f32x4.splat(top);
  let sums = f32x4.splat(0);
  for (let p = room, end = room + <usize>size * 4; p < end; p += 16) {
    const e = exp(f32x4.sub(v128.load(p), shift));
    sums = f32x4.add(sums, e);
    v128.store(p, e);
  }
  const sum = f32x4.splat(sumLanes(sums));
  for (let i = 0; i < size; i += 4) {
    const at = <usize>i * 4;
    const p = f32x4.div(v128.load(room + at), sum);
    if (size - i >= 4) v128.store(y + at, p);
    else storeFirst(y + at, p, size - i);
  }
  return 0;
}

/** Lanes that exist and are not masked. */
function allowed(mask: usize, step: i32, i: i32, count: i32): v128 {
  let lanes = i32x4.splat(0);
  if (mask == 0 || load<u8>(mask + <usize>(i * step)) != 0) lanes = i32x4.replace_lane(lanes, 0, -1);
  if (count > 1 && (mask == 0 || load<u8>(mask + <usize>((i + 1) * step)) != 0))
    lanes = i32x4.replace_lane(lanes, 1, -1);
  if (count > 2 && (mask == 0 || load<u8>(mask + <usize>((i + 2) * step)) != 0))
    lanes = i32x4.replace_lane(lanes, 2, -1);
  if (count > 3 && (mask == 0 || load<u8>(mask + <usize>((i + 3) * step)) != 0))
    lanes = i32x4.replace_lane(lanes, 3, -1);
  return lanes;
}
