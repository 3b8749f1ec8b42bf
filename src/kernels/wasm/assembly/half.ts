/** Halves widened in registers; the same numbers as the table of src/tensor/half.ts. */

import { constant, SIGNED, UPWARDS } from './constants';

/** Four BF16, the low halves of their lanes empty, are float32 already. */
@inline
export function bf16Low(halves: v128): v128 {
  return i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16);
}
@inline
export function bf16High(halves: v128): v128 {
  return i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16);
}

/**
 * Four finite F16. The sign, copied upwards, and exponent and mantissa moved by 13 make a float32 that is 2⁻¹¹² times
 * too small, subnormals included: one exact product puts that right.
 */
@inline
function f16(signed: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(signed, 13), constant(SIGNED)), constant(UPWARDS));
}
@inline
export function f16Low(halves: v128): v128 {
  return f16(i32x4.extend_low_i16x8_s(halves));
}
@inline
export function f16High(halves: v128): v128 {
  return f16(i32x4.extend_high_i16x8_s(halves));
}

/** Floats of `size` halves at p, a multiple of 8; `kind` 1: finite F16, 2: BF16. */
export function widen(p: usize, y: usize, size: i32, kind: i32): void {
  for (const end = p + <usize>size * 2; p < end; p += 16, y += 32) {
    const halves = v128.load(p);
    v128.store(y, kind == 1 ? f16Low(halves) : bf16Low(halves));
    v128.store(y, kind == 1 ? f16High(halves) : bf16High(halves), 16);
  }
}

/** The largest of `size` numbers of 16 bits at p, where only those bits count that are set in `mask`. */
export function mostOf(p: usize, size: i32, mask: i32): i32 {
  const bits = i16x8.splat(<i16>mask);
  let most = i16x8.splat(0);
  const end = p + <usize>size * 2;
  for (; p + 16 <= end; p += 16) most = i16x8.max_u(most, v128.and(v128.load(p), bits));
  most = i16x8.max_u(most, i64x2.shuffle(most, most, 1, 0));
  most = i16x8.max_u(most, i32x4.shuffle(most, most, 1, 0, 3, 2));
  let found = max(<i32>i16x8.extract_lane_u(most, 0), <i32>i16x8.extract_lane_u(most, 1));
  for (; p < end; p += 2) found = max(found, <i32>load<u16>(p) & mask);
  return found;
}
