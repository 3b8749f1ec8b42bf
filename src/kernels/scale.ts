import { OptionError, show } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Multiplies every element by one number: y = factor · x.
 *
 * Shapes    x [any] → y [same]
 * Numerics  factor in float64, one rounding
 * Errors    OptionError factor is not a finite number · DtypeError not float
 */
export function scale(x: Tensor, factor: number): Tensor {
  if (!Number.isFinite(factor)) {
    throw new OptionError(`"factor" must be a finite number, got ${show(factor)}`, { op: 'scale', got: factor });
  }
  return call1(scaleOp, [x], { factor });
}

export const scaleOp = unaryOp<{ readonly factor: number }>(
  'scale',
  () => 1,
  ({ factor }) =>
    (x) =>
      factor * x,
);
