/** Unit roundoff of float32: half the distance from 1 to the next number. */
export const u = 2 ** -24;

/** What an error may be, for all elements or for each. */
export type Bound = number | ((index: number) => number);

/**
 * Demands |got − want| ≤ bound of every element. Both lengths must agree. NaN on either side fails, also NaN against
 * NaN: no kernel promises one. An infinity is met by itself alone; −0 equals 0.
 */
export function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, bound: Bound): void {
  if (got.length !== want.length) throw new Error(`expected ${want.length} elements, got ${got.length}`);
  let [outside, worst, worstRatio] = [0, -1, -1];
  for (let i = 0; i < want.length; i++) {
    const error = got[i] === want[i] ? 0 : Math.abs(got[i] - want[i]);
    const allowed = boundAt(bound, i);
    if (error <= allowed && error < Infinity) continue;
    outside++;
    const ratio = error === Infinity || Number.isNaN(error) ? Infinity : error / Math.max(allowed, Number.MIN_VALUE);
    if (ratio > worstRatio || worst < 0) [worst, worstRatio] = [i, ratio];
  }
  if (outside > 0) {
    const [g, w] = [got[worst], want[worst]];
    throw new Error(
      `${outside} of ${want.length} elements outside their bound; worst at ${worst}: got ${g}, want ${w}, ` +
        `${ulpsBetween(g, w)} ulps apart, error ${Math.abs(g - w)}, bound ${boundAt(bound, worst)}`,
    );
  }
}

function boundAt(bound: Bound, index: number): number {
  return typeof bound === 'number' ? bound : bound(index);
}

/** How many float32 numbers one must step over from one to the other; NaN where there is no way. */
export function ulpsBetween(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.abs(rank(a) - rank(b));
}

/** Float32 numbers in order: 0 for ±0, 1 for the smallest subnormal, negative below zero. */
function rank(x: number): number {
  const bits = new Int32Array(Float32Array.of(Math.abs(x)).buffer)[0];
  return x < 0 ? -bits : bits;
}
