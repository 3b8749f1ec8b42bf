/** The two passes over a row that its log-softmax takes, once its largest number is known. */
import { exp } from './exp';
import { two, upperTwo } from './simd';

/** Σ exp(x − top) over n numbers: exponentials in float32, their sum in float64, so that a probability near 1 keeps its digits. */
export function sumOfExp(x: usize, n: i32, top: f32): f64 {
  const all = f32x4.splat(top);
  let sums = f64x2.splat(0), more = sums;
  let i = 0;
  for (; i + 8 <= n; i += 8, x += 32) {
    const a = exp(f32x4.sub(v128.load(x), all)), b = exp(f32x4.sub(v128.load(x, 16), all));
    sums = f64x2.add(sums, f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b)));
    more = f64x2.add(more, f64x2.add(upperTwo(a), upperTwo(b)));
  }
  sums = f64x2.add(sums, more);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; i < n; i++, x += 4) sum += <f64>f32x4.extract_lane(exp(f32x4.splat(load<f32>(x) - top)), 0);
  return sum;
}

/** y = x − top − log over n numbers, in float64, rounded once. */
export function subtractBoth(x: usize, y: usize, n: i32, top: f64, log: f64): void {
  const first = f64x2.splat(top), second = f64x2.splat(log);
  for (; n >= 2; n -= 2, x += 8, y += 8) {
    v128.store_lane<i64>(y, f32x4.demote_f64x2_zero(f64x2.sub(f64x2.sub(two(x), first), second)), 0);
  }
  if (n > 0) store<f32>(y, <f32>(<f64>load<f32>(x) - top - log));
}
