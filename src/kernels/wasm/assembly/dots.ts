/** The forms of int8.ts's dot, to be compared with each other on the machine at hand. */
import { constant, ONES } from './constants';
import { dot } from './int8';

/** 6 chains of `turns` dots: 1000 + the dot of four ones with four ones, and so on. Sum of one lane of each. */
export function dots(wide: i32, turns: i32): i32 {
  return wide ? chains<i32>(turns) : chains<i16>(turns);
}

@inline
function chains<T>(turns: i32): i32 {
  const ones = constant(ONES), w = i8x16.splat(<i8>i32x4.extract_lane(ones, 0)), start = i32x4.splat(1000);
  let c0 = start, c1 = start, c2 = start, c3 = start, c4 = start, c5 = start;
  for (; turns > 0; turns--) {
    c0 = dot<T>(w, w, c0, ones); c1 = dot<T>(w, w, c1, ones); c2 = dot<T>(w, w, c2, ones);
    c3 = dot<T>(w, w, c3, ones); c4 = dot<T>(w, w, c4, ones); c5 = dot<T>(w, w, c5, ones);
  }
  c0 = i32x4.add(i32x4.add(c0, c1), i32x4.add(c2, c3));
  return i32x4.extract_lane(i32x4.add(c0, i32x4.add(c4, c5)), 0);
}
