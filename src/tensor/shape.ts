import { ShapeError, show } from '../errors.ts';
import { bytesPerElement, type Dtype } from './dtype.ts';

export type Shape = readonly number[];

/** What is known of a tensor without its numbers. A label names a weight in error messages. */
export interface Spec {
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly label?: string;
}

/** Number of elements; 1 for rank 0. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]; // asked for many times an op
  return size;
}

export function bytesOf({ dtype, shape }: Spec): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[2, 3]`, with the weight's name where there is one. */
export function describe(spec: Spec): string {
  const text = `[${spec.shape.join(', ')}]`;
  return spec.label === undefined ? text : `${text} ("${spec.label}")`;
}

/** Rejects anything but a list of whole numbers ≥ 0 whose product can be counted. */
export function checkShape(shape: Shape, op: string): void {
  if (!Array.isArray(shape)) throw new ShapeError(`"shape" must be a list of sizes, got ${show(shape)}`, { op });
  let size = 1;
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new ShapeError(`"shape" must hold whole numbers ≥ 0, got ${show(n)} in ${show(shape)}`, { op, got: shape });
    }
    size *= n;
  }
  if (!Number.isSafeInteger(size)) {
    throw new ShapeError(`"shape" ${show(shape)} has more elements than can be counted`, { op, got: shape });
  }
}

/** The shape two shapes broadcast to by NumPy's rule: aligned at the end, sizes equal or 1. */
export function broadcast(a: Spec, b: Spec, op: string): Shape {
  if (sameShape(a.shape, b.shape)) return a.shape;
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const n = a.shape[i - rank + a.shape.length] ?? 1;
    const m = b.shape[i - rank + b.shape.length] ?? 1;
    if (n !== m && n !== 1 && m !== 1) {
      throw new ShapeError(
        `shapes do not broadcast: a ${describe(a)}, b ${describe(b)} (axis ${i}: ${n} against ${m})`,
        {
          op,
          expected: a.shape,
          got: b.shape,
          hint: 'sizes must be equal or 1, counted from the last axis',
        },
      );
    }
    return n === 1 ? m : n;
  });
}

/** Steps in elements along each axis of `out` through a row-major array of `shape`; 0 where it is repeated. */
export function broadcastStrides(shape: Shape, out: Shape): number[] {
  const strides = new Array<number>(out.length).fill(0);
  let step = 1;
  for (let i = shape.length - 1, o = out.length - 1; i >= 0; i--, o--) {
    if (shape[i] !== 1) strides[o] = step;
    step *= shape[i];
  }
  return strides;
}

/** Row-major steps of a shape. */
export function stridesOf(shape: Shape): number[] {
  return broadcastStrides(shape, shape).map((_, i) => sizeOf(shape.slice(i + 1)));
}

/** An axis counted from the end where negative, checked. */
export function axisOf(axis: number, rank: number, op: string): number {
  const i = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || i < 0 || i >= rank) {
    throw new ShapeError(`"axis" must be a whole number in [${-rank}, ${rank}), got ${show(axis)}`, { op, got: axis });
  }
  return i;
}
