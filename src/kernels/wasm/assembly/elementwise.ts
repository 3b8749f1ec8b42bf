/** Functions of one element, and sums and products of two. Plain + × ÷ and exp: the same bits in every build. */
import { constant, GELU_CUBE, GELU_SLOPE, ONE } from './constants';
import { exp } from './exp';
import { firstOf, loadFirst, storeFirst, two } from './simd';

const RELU = 0, RELU2 = 1, RELU6 = 2, LEAKY_RELU = 3, SIGMOID = 4, SILU = 5, QUICK_GELU = 6, GELU_TANH = 7, TANH = 8;

// y = f(x), n elements each; of them those that are part `part` of `parts`.
export function relu(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(RELU, x, y, n, part, parts); }
export function relu2(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(RELU2, x, y, n, part, parts); }
export function relu6(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(RELU6, x, y, n, part, parts); }
export function leakyRelu(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(LEAKY_RELU, x, y, n, part, parts); }
export function sigmoid(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(SIGMOID, x, y, n, part, parts); }
export function silu(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(SILU, x, y, n, part, parts); }
export function quickGelu(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(QUICK_GELU, x, y, n, part, parts); }
export function geluTanh(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(GELU_TANH, x, y, n, part, parts); }
export function tanh(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(TANH, x, y, n, part, parts); }
/** For tests: eˣ itself. */
export function expOf(x: usize, y: usize, n: i32, part: i32, parts: i32): void { each(-1, x, y, n, part, parts); }

@inline
function each(f: i32, x: usize, y: usize, n: i32, part: i32, parts: i32): void {
  const eights = (n + 7) / 8, first = firstOf(eights, part, parts) * 8;
  n = min(n, firstOf(eights, part + 1, parts) * 8) - first;
  x += <usize>first * 4;
  y += <usize>first * 4;
  for (; n >= 8; n -= 8, x += 32, y += 32) {
    const a = apply(f, v128.load(x)), b = apply(f, v128.load(x, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
  }
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const v = apply(f, n >= 4 ? v128.load(x) : loadFirst(x, n));
    if (n >= 4) v128.store(y, v);
    else storeFirst(y, v, n);
  }
}

@inline
function apply(f: i32, x: v128): v128 {
  const zero = f32x4.splat(0), one = constant(ONE);
  if (f == RELU) return f32x4.max(zero, x);
  if (f == RELU2) {
    const y = f32x4.max(zero, x);
    return f32x4.mul(y, y);
  }
  if (f == RELU6) return f32x4.min(f32x4.splat(6), f32x4.max(zero, x));
  if (f == LEAKY_RELU) return v128.bitselect(x, f32x4.mul(x, f32x4.splat(0.01)), f32x4.ge(x, zero));
  if (f == SIGMOID) return gated(one, x);
  if (f == SILU) return gated(x, x);
  if (f == QUICK_GELU) return gated(x, f32x4.mul(x, f32x4.splat(1.702)));
  if (f == GELU_TANH) {
    // ½x·(1 + tanh u) = x·sigmoid(2u), u = √(2/π)·(x + 0.044715x³)
    const inner = f32x4.add(f32x4.mul(f32x4.mul(x, x), constant(GELU_CUBE)), one);
    return gated(x, f32x4.mul(f32x4.mul(x, inner), constant(GELU_SLOPE)));
  }
  if (f == TANH) return tangent(x);
  return exp(x);
}

/** x / (1 + e⁻ᶻ) with the exponential of −|z| alone, which cannot overflow: accurate in both tails. */
@inline
function gated(x: v128, z: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(z)));
  const top = v128.bitselect(f32x4.mul(x, e), x, f32x4.lt(z, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(constant(ONE), e));
}

/** Near 0, where 1 − e⁻²ˣ would cancel, the continued fraction x/(1 + x²/(3 + x²/(5 + x²/(7 + …)))), cut and cleared. */
@inline
function tangent(x: v128): v128 {
  const z = f32x4.abs(x), s = f32x4.mul(x, x), one = f32x4.splat(1);
  let top = f32x4.add(f32x4.mul(s, f32x4.splat(21)), f32x4.splat(1260));
  top = f32x4.add(f32x4.mul(top, s), f32x4.splat(10395));
  let bottom = f32x4.add(s, f32x4.splat(210));
  bottom = f32x4.add(f32x4.mul(bottom, s), f32x4.splat(4725));
  bottom = f32x4.add(f32x4.mul(bottom, s), f32x4.splat(10395));
  const near = f32x4.mul(z, f32x4.div(top, bottom));
  const e = exp(f32x4.mul(z, f32x4.splat(-2)));
  const far = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
  const size = v128.bitselect(near, far, f32x4.lt(z, f32x4.splat(0.6)));
  const sign = v128.and(x, i32x4.splat(<i32>0x80000000));
  return v128.or(size, sign);
}

/** y = factor·x, rounded once: the product is taken in float64. */
export function scale(x: usize, y: usize, n: i32, factor: f64): void {
  const by = f64x2.splat(factor);
  for (; n >= 2; n -= 2, x += 8, y += 8) {
    v128.store_lane<i64>(y, f32x4.demote_f64x2_zero(f64x2.mul(two(x), by)), 0);
  }
  if (n > 0) store<f32>(y, <f32>(factor * <f64>load<f32>(x)));
}

// y = a + b and y = a·b over n elements, of them those that are part `part` of `parts`; a step is 1, or 0 for one element
// that meets all.
export function add(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32, part: i32, parts: i32): void {
  pairs(true, a, aStep, b, bStep, y, n, part, parts);
}
export function mul(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32, part: i32, parts: i32): void {
  pairs(false, a, aStep, b, bStep, y, n, part, parts);
}

@inline
function pairs(sum: bool, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32, part: i32, parts: i32): void {
  const eights = (n + 7) / 8, first = firstOf(eights, part, parts) * 8;
  n = min(n, firstOf(eights, part + 1, parts) * 8) - first;
  a += <usize>(first * aStep) * 4;
  b += <usize>(first * bStep) * 4;
  y += <usize>first * 4;
  for (; n >= 8 && aStep + bStep == 2; n -= 8, a += 32, b += 32, y += 32) {
    const u = v128.load(a), v = v128.load(b), s = v128.load(a, 16), t = v128.load(b, 16);
    v128.store(y, sum ? f32x4.add(u, v) : f32x4.mul(u, v));
    v128.store(y, sum ? f32x4.add(s, t) : f32x4.mul(s, t), 16);
  }
  const aBytes = <usize>aStep * 16, bBytes = <usize>bStep * 16;
  for (; n >= 4; n -= 4, a += aBytes, b += bBytes, y += 16) {
    const u = aStep == 0 ? v128.load32_splat(a) : v128.load(a);
    const v = bStep == 0 ? v128.load32_splat(b) : v128.load(b);
    v128.store(y, sum ? f32x4.add(u, v) : f32x4.mul(u, v));
  }
  for (; n > 0; n--, a += <usize>aStep * 4, b += <usize>bStep * 4, y += 4) {
    store<f32>(y, sum ? load<f32>(a) + load<f32>(b) : load<f32>(a) * load<f32>(b));
  }
}
