/** Steps shared by the kernels. Addresses are bytes; all else counts elements. */

/** a·b + c: fused where the machine fuses it. The plain build rounds twice, on every machine alike. */
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * How far ahead of a row the weights are asked for. On a Zen 1 a row of int8 gained nothing at 1 KB, where the machine looks
 * by itself, and 5 to 25 % from 2 to 8 KB.
 */
export const AHEAD: usize = 2048;

/**
 * Asks for a cache line that will be needed soon: what is read is forgotten. A loop that computes as long as it waits for
 * memory has too few loads under way to do both at once, and WebAssembly has no instruction that fetches ahead. Such
 * addresses may lie behind the last weight (machine.ts sees to it that there is memory).
 */
@inline
export function fetch(p: usize): void {
  load<i32>(p);
}

/** The first 1, 2 or 3 floats at p, zeros behind; reads nothing beyond them. */
@inline
export function loadFirst(p: usize, count: i32): v128 {
  let v = v128.load32_zero(p);
  if (count > 1) v = v128.load_lane<f32>(p, v, 1, 4);
  if (count > 2) v = v128.load_lane<f32>(p, v, 2, 8);
  return v;
}

/** Two floats at p as float64. */
@inline
export function two(p: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(p));
}

/** The upper two of four floats as float64. */
@inline
export function upperTwo(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
}

/** Writes the first 1, 2 or 3 lanes and nothing beyond them. */
@inline
export function storeFirst(p: usize, v: v128, count: i32): void {
  v128.store_lane<f32>(p, v, 0);
  if (count > 1) v128.store_lane<f32>(p, v, 1, 4);
  if (count > 2) v128.store_lane<f32>(p, v, 2, 8);
}

/** Sum of the lanes in the one order used everywhere: (0 + 2) + (1 + 3). */
@inline
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2) + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3));
}

/** First of `units` that part `part` of `parts` takes; the first of the next part is where it ends. */
@inline
export function firstOf(units: i32, part: i32, parts: i32): i32 {
  return <i32>((<i64>units * part) / parts);
}

/** Rows of the tile that begins at row i of M: 6 as long as there are, then 2, then 1. */
@inline
export function rowsAt(i: i32, M: i32): i32 {
  return M - i >= 6 ? 6 : M - i >= 2 ? 2 : 1;
}

/** The row with which part `part` of `parts` begins, where parts are made of whole tiles: the last takes what is no 6. */
@inline
export function firstRow(M: i32, part: i32, parts: i32): i32 {
  return part == parts ? M : firstOf(M / 6, part, parts) * 6;
}

/** Sums of a panel, 32 a row, begin at 0. */
export function clear(sums: usize, rows: i32): void {
  const zero = f32x4.splat(0);
  for (const end = sums + <usize>rows * 128; sums < end; sums += 32) {
    v128.store(sums, zero);
    v128.store(sums, zero, 16);
  }
}

/** Takes `count` sums of a row to where they belong, with the bias: the last panel may hold columns that do not exist. */
export function copyRow(sums: usize, bias: usize, y: usize, count: i32): void {
  let n = 0;
  for (; n + 4 <= count; n += 4) {
    const sum = v128.load(sums + <usize>n * 4);
    v128.store(y + <usize>n * 4, bias == 0 ? sum : f32x4.add(sum, v128.load(bias + <usize>n * 4)));
  }
  for (; n < count; n++) {
    const sum = load<f32>(sums + <usize>n * 4);
    store<f32>(y + <usize>n * 4, bias == 0 ? sum : sum + load<f32>(bias + <usize>n * 4));
  }
}
