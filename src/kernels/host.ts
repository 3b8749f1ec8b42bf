import { DtypeError, ShapeError } from '../errors.ts';
import { isFloat } from '../tensor/dtype.ts';
import { widen } from '../tensor/floats.ts';
import type { Host } from '../tensor/op.ts';
import { broadcastStrides, describe, type Shape, type Spec } from '../tensor/shape.ts';

/** The float32 numbers of a float tensor; F16 and BF16 are widened, exactly. */
export function floats(host: Host): Float32Array {
  return host.data instanceof Float32Array ? host.data : widen(host.data, host.dtype);
}

/** Where an op writes its F32 result. */
export function floatsOut(host: Host): Float32Array {
  if (host.data instanceof Float32Array) return host.data;
  throw new DtypeError(`the output must be F32, got ${host.dtype}`);
}

/** The numbers of an I32 tensor. */
export function integers(host: Host): Int32Array {
  if (host.data instanceof Int32Array) return host.data;
  throw new DtypeError(`expected I32, got ${host.dtype}`);
}

/** The bytes of a U8 or BOOL tensor. */
export function bytes(host: Host): Uint8Array {
  if (host.data instanceof Uint8Array) return host.data;
  throw new DtypeError(`expected U8 or BOOL, got ${host.dtype}`);
}

export function checkFloat(op: string, name: string, spec: Spec): void {
  if (!isFloat(spec.dtype)) {
    throw new DtypeError(`"${name}" must be F32, F16 or BF16, got ${spec.dtype} ${describe(spec)}`, {
      op,
      got: spec.dtype,
    });
  }
}

/**
 * Walks a row-major `out` shape row by row along its last axis, and says where each row begins in an input that
 * broadcasts to it: `rows(out, [a, b], (row, [atA, atB]) => …)`. The steps along the last axis come with `steps`.
 */
export function eachRow(
  out: Shape,
  inputs: readonly Shape[],
  visit: (row: number, at: readonly number[]) => void,
): void {
  const sizes = out.slice(0, -1);
  const strides = inputs.map((shape) => broadcastStrides(shape, out));
  const index = new Array<number>(sizes.length).fill(0);
  const at = new Array<number>(inputs.length).fill(0);
  let rows = 1;
  for (const n of sizes) rows *= n;
  for (let row = 0; row < rows; row++) {
    visit(row, at);
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const wrap = ++index[axis] === sizes[axis];
      if (wrap) index[axis] = 0;
      for (let i = 0; i < at.length; i++) at[i] += wrap ? strides[i][axis] * (1 - sizes[axis]) : strides[i][axis];
      if (!wrap) break;
    }
  }
}

/** Step of a broadcast input along the last axis of `out`: 1, or 0 where it is repeated. */
export function lastStep(shape: Shape, out: Shape): number {
  return broadcastStrides(shape, out).at(-1) ?? 0;
}

/** Size of the last axis, for ops that work row by row; at least 1. */
export function lastAxis(op: string, name: string, spec: Spec): number {
  const n = spec.shape.at(-1) ?? 0;
  if (n === 0) {
    throw new ShapeError(`"${name}" needs a last axis of at least 1, got ${describe(spec)}`, { op, got: spec.shape });
  }
  return n;
}

/** `[1, 3]`: where the element at a row-major offset stands. */
export function positionOf(offset: number, shape: Shape): string {
  const index: number[] = [];
  let rest = offset;
  for (const n of [...shape].reverse()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return `[${index.join(', ')}]`;
}
