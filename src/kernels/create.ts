import type { Backend } from '../tensor/backend.ts';
import { allocate, type Dtype } from '../tensor/dtype.ts';
import { track } from '../tensor/scope.ts';
import { checkShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { referenceBackend } from './reference-backend.ts';
import { checkDtype, elementsOf, type Values } from './values.ts';

export interface CreateOptions {
  /** Where it lives. Default: the shared reference backend. */
  readonly backend?: Backend;
  readonly dtype?: Dtype;
}

/**
 * A tensor of given numbers: nested arrays, one number, or a typed array (then `shape` says how it is cut).
 *
 * Without `dtype`: numbers give F32, bigints I64, booleans BOOL, typed arrays their own.
 *
 * Numerics  numbers are rounded to F32, from there to F16 or BF16; a Uint16Array given as F16 or BF16 holds their bits
 * Errors    ShapeError ragged nesting, or shape and elements differ · DtypeError · NumericError a value outside the dtype
 */
export function tensor(values: Values, options: CreateOptions & { readonly shape?: Shape } = {}): Tensor {
  const { backend = referenceBackend() } = options;
  const { data, dtype, shape } = elementsOf(values, options.dtype, options.shape);
  const spec = { dtype, shape };
  return track(new Tensor(backend, backend.upload(data, spec, 'activation'), spec));
}

/** A tensor of zeros (or false). */
export function zeros(shape: Shape, { backend = referenceBackend(), dtype = 'F32' }: CreateOptions = {}): Tensor {
  checkShape(shape, 'zeros');
  checkDtype(dtype, 'zeros');
  const spec = { dtype, shape };
  return track(new Tensor(backend, backend.upload(allocate(dtype, sizeOf(shape)), spec, 'activation'), spec));
}
