/** Layer and rms norm of rows; sums and factors in float64, because one outlier may hold most of a row's squares. */
import { firstOf, two, upperTwo } from './simd';

/**
 * Rows of x [rows D], of them part `part` of `parts`. Without `shift` it is an rms norm, which subtracts no mean. Sets `bad`
 * where a row's root is 0, NaN or ∞.
 */
export function norm(
  x: usize, gain: usize, shift: usize, y: usize, bad: usize, D: i32, eps: f64, rows: i32, part: i32, parts: i32,
): void {
  const bytes = <usize>D * 4;
  for (let row = firstOf(rows, part, parts), to = firstOf(rows, part + 1, parts); row < to; row++) {
    const p = x + <usize>row * bytes;
    const mean = shift == 0 ? 0 : sumOf(p, D) / <f64>D;
    const root = sqrt(squares(p, D, mean) / <f64>D + eps);
    if (!(root > 0 && root < Infinity)) store<i32>(bad, 1);
    normalise(p, gain, shift, y + <usize>row * bytes, D, mean, 1 / root);
  }
}

function sumOf(p: usize, D: i32): f64 {
  let sums = f64x2.splat(0), more = sums;
  let i = 0;
  for (; i + 4 <= D; i += 4, p += 16) {
    const v = v128.load(p);
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(v));
    more = f64x2.add(more, upperTwo(v));
  }
  sums = f64x2.add(sums, more);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; i < D; i++, p += 4) sum += <f64>load<f32>(p);
  return sum;
}

function squares(p: usize, D: i32, mean: f64): f64 {
  const middle = f64x2.splat(mean);
  let sums = f64x2.splat(0), more = sums;
  let i = 0;
  for (; i + 4 <= D; i += 4, p += 16) {
    const v = v128.load(p);
    const a = f64x2.sub(f64x2.promote_low_f32x4(v), middle);
    const b = f64x2.sub(upperTwo(v), middle);
    sums = f64x2.add(sums, f64x2.mul(a, a));
    more = f64x2.add(more, f64x2.mul(b, b));
  }
  sums = f64x2.add(sums, more);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; i < D; i++, p += 4) {
    const d = <f64>load<f32>(p) - mean;
    sum += d * d;
  }
  return sum;
}

function normalise(p: usize, gain: usize, shift: usize, y: usize, D: i32, mean: f64, factor: f64): void {
  const middle = f64x2.splat(mean), by = f64x2.splat(factor);
  let i = 0;
  for (; i + 2 <= D; i += 2, p += 8, y += 8, gain += 8) {
    let v = f64x2.mul(f64x2.sub(two(p), middle), by);
    v = f64x2.mul(v, two(gain));
    if (shift != 0) {
      v = f64x2.add(v, two(shift));
      shift += 8;
    }
    v128.store_lane<i64>(y, f32x4.demote_f64x2_zero(v), 0);
  }
  if (i < D) {
    const v = (<f64>load<f32>(p) - mean) * factor * <f64>load<f32>(gain);
    store<f32>(y, <f32>(shift == 0 ? v : v + <f64>load<f32>(shift)));
  }
}
