/** Index of the largest of n numbers, the first of several equal ones; −1 where one is NaN. */
export function largest(x: usize, n: i32): i32 {
  let a = f32x4.splat(-Infinity), b = a;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const u = v128.load(x + <usize>i * 4), v = v128.load(x + <usize>i * 4, 16);
    a = f32x4.max(a, u); // NaN wins
    b = f32x4.max(b, v);
  }
  a = f32x4.max(a, b);
  let most: f32 = max(
    max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)),
    max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)),
  );
  for (; i < n; i++) most = max(most, load<f32>(x + <usize>i * 4));
  const all = f32x4.splat(most);
  for (i = 0; i + 4 <= n; i += 4) {
    const equal = i32x4.bitmask(f32x4.eq(v128.load(x + <usize>i * 4), all));
    if (equal != 0) return i + ctz(equal);
  }
  for (; i < n; i++) if (load<f32>(x + <usize>i * 4) == most) return i;
  return -1;
}
