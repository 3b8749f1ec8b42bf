import { ShapeError } from '../errors.ts';
import { checkShape, describe, type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { backendOf, viewOf } from './call.ts';

/**
 * The same elements in row-major order under another shape; no copy. One size may be −1: it is what remains.
 *
 * Shapes    x [any] → shape, with the same number of elements
 * Errors    ShapeError when the numbers of elements differ, or more than one size is −1
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const op = 'reshape';
  backendOf(op, [x]);
  if (!Array.isArray(shape)) checkShape(shape, op);
  const open = shape.indexOf(-1);
  const known = shape.map((n, i) => (i === open ? 1 : n));
  checkShape(known, op);
  if (open >= 0) known[open] = x.size / sizeOf(known);
  if (sizeOf(known) !== x.size || !Number.isInteger(known[open] ?? 0)) {
    throw new ShapeError(`x ${describe(x)} has ${x.size} elements and cannot be [${shape.join(', ')}]`, {
      op,
      expected: x.size,
      got: shape,
    });
  }
  return viewOf(x, 0, { dtype: x.dtype, shape: known });
}
