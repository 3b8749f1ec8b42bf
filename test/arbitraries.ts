/** What properties draw from. Values are made by construction, never filtered. */
import fc from 'fast-check';
import { sizeOf } from '../src/tensor/shape.ts';

/** Numbers with a shape, before a backend has them. */
export interface Plain {
  readonly shape: number[];
  readonly data: Float32Array;
}

/** Whole numbers so small that sums of many products stay below 2²⁴: float arithmetic on them is exact. */
export const smallInt: fc.Arbitrary<number> = fc.integer({ min: -8, max: 8 });

/** 2⁻⁶ … 2⁶: multiplying by it is exact. */
export const powerOfTwo: fc.Arbitrary<number> = fc.integer({ min: -6, max: 6 }).map((p) => 2 ** p);

/**
 * Ordinary float32 numbers up to 8, as activations are: spread evenly, or over all exponents down to 2⁻⁴⁰. Nothing
 * smaller but 0, so that products stay clear of the subnormals, where rounding is no longer relative.
 */
export const real: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -(2 ** 23), max: 2 ** 23 }).map((n) => n * 2 ** -20) },
  { weight: 1, arbitrary: fc.float({ min: 2 ** -40, max: 8, noNaN: true }) },
  { weight: 1, arbitrary: fc.float({ min: -8, max: -(2 ** -40), noNaN: true }) },
);

/** Float32 numbers where arithmetic goes wrong first: zeros, subnormals, neighbours of 1, the largest. */
export const adversarial: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 2 ** -149, -(2 ** -149), 2 ** -127, 2 ** -126, 1, -1, 1 - 2 ** -24, 1 + 2 ** -23),
  fc.constantFrom(1e38, -1e38, 3.4028234663852886e38, 65504, 65520, 2 ** 24, 0.1, 1e-30).map(Math.fround),
  real,
);

/** The same without numbers whose sums and products are subnormal, which some machines take for 0. */
export const normal: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, -1, 1 - 2 ** -24, 1 + 2 ** -23, 65504, 65520, 2 ** 24).map(Math.fround),
  fc.constantFrom(1e38, -1e38, 3.4028234663852886e38, 0.1).map(Math.fround),
  real,
);

/** Any finite float32. */
export const finite: fc.Arbitrary<number> = fc.float({ noNaN: true, noDefaultInfinity: true });

/** One huge number among small ones, equal ones, or plain ones: rows that break careless sums. */
export function row(n: number, element: fc.Arbitrary<number> = real): fc.Arbitrary<number[]> {
  const plain = fc.array(element, { minLength: n, maxLength: n });
  return fc.oneof(
    { weight: 4, arbitrary: plain },
    { weight: 1, arbitrary: element.map((x) => new Array<number>(n).fill(x)) },
    { weight: 1, arbitrary: fc.tuple(plain, fc.nat(n - 1)).map(([xs, i]) => xs.with(i, Math.fround(xs[i] * 64))) },
  );
}

/** A tensor of this shape, its elements drawn one by one. */
export function tensor(shape: readonly number[], element: fc.Arbitrary<number> = real): fc.Arbitrary<Plain> {
  const size = sizeOf(shape);
  return fc
    .array(element, { minLength: size, maxLength: size })
    .map((values) => ({ shape: [...shape], data: Float32Array.from(values) }));
}

/** A matrix of small whole numbers. */
export function smallIntMatrix(rows: number, columns: number): fc.Arbitrary<Plain> {
  return tensor([rows, columns], smallInt);
}

/** Sizes of axes, each from 1 to `max`. */
export function sizes(count: number, max = 6): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max }), { minLength: count, maxLength: count });
}

/** Shapes with axes from 0 to `max` long. */
export function shape(maxRank = 4, max = 4): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(max), { maxLength: maxRank });
}

/** The numbers 0 … n − 1 in any order. */
export function permutation(n: number): fc.Arbitrary<number[]> {
  const ordered = Array.from({ length: n }, (_, i) => i);
  return fc.shuffledSubarray(ordered, { minLength: n, maxLength: n });
}
