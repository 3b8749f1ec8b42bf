/** Softmax of rows, entries from the first to the last one allowed: what is masked before and behind changes no bit. */
import { exp } from './exp';
import { firstOf, loadFirst, storeFirst, sumLanes } from './simd';

/**
 * y = softmax(scale·x + bias) of rows [B H T] of n entries, of them part `part` of `parts`: over the columns whose mask byte is
 * not 0 and, where `past` ≥ 0, up to past + t; zeros elsewhere. The steps of bias and mask count elements, 0 where
 * they are repeated. `room` has n + 8 floats for every part. Sets status[0] where a row allows nothing, status[1] where
 * an allowed entry is NaN or +∞.
 */
export function softmax(
  x: usize, bias: usize, biasB: i32, biasH: i32, biasT: i32, biasStep: i32,
  mask: usize, maskB: i32, maskH: i32, maskT: i32, maskStep: i32,
  y: usize, room: usize, status: usize,
  B: i32, H: i32, T: i32, n: i32, past: i32, scale: f32, part: i32, parts: i32,
): void {
  room += <usize>(part * (n + 8)) * 4;
  const rows = B * H * T;
  for (let row = firstOf(rows, part, parts), to = firstOf(rows, part + 1, parts); row < to; row++) {
    const t = row % T, h = (row / T) % H, b = row / (T * H);
    const at = <usize>row * <usize>n * 4;
    const why = softmaxRow(
      x + at,
      bias == 0 ? <usize>0 : bias + <usize>(b * biasB + h * biasH + t * biasT) * 4, biasStep,
      mask == 0 ? <usize>0 : mask + <usize>(b * maskB + h * maskH + t * maskT), maskStep,
      y + at, room, n, past < 0 ? n : min(n, past + t + 1), scale,
    );
    if (why != 0) store<i32>(status + <usize>(why - 1) * 4, 1);
  }
}

/**
 * One row, columns below `seen`. Gives 0, 1 where nothing is allowed, 2 where an allowed entry is NaN or +∞.
 *
 * The row begins with its first allowed entry. Even if padding moved entries to other lanes, the sum would be the same: it is
 * added up in an order that does not care which lane comes first.
 */
export function softmaxRow(
  x: usize, bias: usize, biasStep: i32, mask: usize, maskStep: i32, y: usize, room: usize, n: i32, seen: i32, scale: f32,
): i32 {
  let first = 0;
  if (mask != 0) while (first < seen && load<u8>(mask + <usize>(first * maskStep)) == 0) first++;
  if (first > 0) memory.fill(y, 0, <usize>first * 4);
  if (seen < n) memory.fill(y + <usize>seen * 4, 0, <usize>(n - seen) * 4);
  const size = seen - first;
  if (size <= 0) return 1;
  x += <usize>first * 4;
  y += <usize>first * 4;
  if (mask != 0) mask += <usize>(first * maskStep);
  if (bias != 0) bias += <usize>(first * biasStep) * 4;

  const factor = f32x4.splat(scale), lowest = f32x4.splat(-Infinity), limit = f32x4.splat(Infinity);
  let largest = lowest, fine = i32x4.splat(-1);
  let i = 0;
  if (mask == 0 && bias == 0) {
    for (; i + 8 <= size; i += 8) {
      const at = <usize>i * 4;
      const a = f32x4.mul(v128.load(x + at), factor), b = f32x4.mul(v128.load(x + at, 16), factor);
      fine = v128.and(fine, v128.and(f32x4.lt(a, limit), f32x4.lt(b, limit)));
      largest = f32x4.pmax(f32x4.pmax(largest, a), b);
      v128.store(room + at, a);
      v128.store(room + at, b, 16);
    }
  }
  for (; i < size; i += 4) {
    const count = min(4, size - i);
    const at = <usize>i * 4;
    let s = f32x4.mul(count == 4 ? v128.load(x + at) : loadFirst(x + at, count), factor);
    if (bias != 0) {
      if (biasStep == 0) s = f32x4.add(s, v128.load32_splat(bias));
      else s = f32x4.add(s, count == 4 ? v128.load(bias + at) : loadFirst(bias + at, count));
    }
    if (mask != 0 || count < 4) s = v128.bitselect(s, lowest, allowed(mask, maskStep, i, count));
    fine = v128.and(fine, f32x4.lt(s, limit));
    largest = f32x4.pmax(largest, s);
    v128.store(room + at, s);
  }
  if (!i32x4.all_true(fine)) return 2;
  const top: f32 = max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  if (top == -Infinity) {
    memory.fill(y, 0, <usize>size * 4);
    return 1;
  }
  if (size & 7 && (size & 7) < 5) v128.store(room + <usize>((size + 3) & ~3) * 4, lowest); // fills the last pair
  const sum = f32x4.splat(exponentials(room, size, f32x4.splat(top)));
  for (i = 0; i + 8 <= size; i += 8, room += 32, y += 32) {
    const a = f32x4.div(v128.load(room), sum), b = f32x4.div(v128.load(room, 16), sum);
    v128.store(y, a);
    v128.store(y, b, 16);
  }
  for (; i < size; i += 4, room += 16, y += 16) {
    const p = f32x4.div(v128.load(room), sum);
    if (size - i >= 4) v128.store(y, p);
    else storeFirst(y, p, size - i);
  }
  return 0;
}

/** Each entry becomes its exponential, eight at a time; their sum, by lanes first. */
function exponentials(p: usize, size: i32, top: v128): f32 {
  let sums = f32x4.splat(0);
  for (const end = p + <usize>size * 4; p < end; p += 32) {
    const a = exp(f32x4.sub(v128.load(p), top)), b = exp(f32x4.sub(v128.load(p, 16), top));
    v128.store(p, a);
    v128.store(p, b, 16);
    sums = f32x4.add(f32x4.add(sums, a), b);
  }
  return sumLanes(sums);
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
