import type { FloatDtype } from '../cast.ts';
import type { GpuKernel } from './desk.ts';
import { colsOf, rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/** Bits of the mantissa with the hidden one, the exponent of the smallest step, and of the first number too large. */
const formats = { F16: { bits: 11, least: -24, top: 16 }, BF16: { bits: 8, least: -87, top: 128 } } as const;

/**
 * Every number here is float32, whatever its dtype says: narrowing rounds it to what the dtype can hold, widening does
 * nothing.
 *
 * Numerics  to nearest, ties to even, by whole numbers of steps; steps double until the number has at most `bits` bits of
 *           them. A BF16 below 2⁻⁷⁸ is first made 2⁴⁶ times as large, where its steps are no subnormals
 */
export const cast: GpuKernel<{ readonly dtype: FloatDtype }> = (desk, [x], { dtype }, [y]) => {
  if (x === undefined) return [];
  if (dtype === 'F32' || dtype === x.dtype) return [desk.share(x, y)];
  const { bits, least, top } = formats[dtype];
  const beyond = 2 ** top - 2 ** (top - bits - 1); //                                          half a step below 2^top
  const doublings = top - bits - least;
  const [small, factor] = dtype === 'BF16' ? [2 ** -78, 2 ** 46] : [0, 1];
  const source = `function (x, least, factor, small, beyond, infinity) {
    const v = x[${row}][${column}];
    let a = Math.abs(v);
    let back = 1;
    if (a < small) { a = a * factor; back = 1 / factor; }
    let step = least;
    for (let i = 0; i < ${doublings}; i++) { if (a >= step * ${2 ** bits}) { step = step * 2; } }
    const q = a / step;
    let n = Math.floor(q);
    const d = q - n;
    if (d > 0.5) { n = n + 1; }
    if (d == 0.5) { n = n + (n - 2 * Math.floor(n * 0.5)); }
    let y = n * step * back;
    if (a >= beyond) { y = infinity; }
    if (v == 0) { return v; }
    if (v < 0) { return 0 - y; }
    return y; }`;
  const args = [desk.see(x), 2 ** least, factor, small, beyond, Number.POSITIVE_INFINITY];
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y)];
};
