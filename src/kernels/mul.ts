import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { binaryOp } from './elementwise.ts';

/**
 * Product: y = a · b, element by element.
 *
 * Shapes    a, b broadcast by NumPy's rule → y of the common shape
 * Numerics  one rounding
 * Errors    ShapeError shapes do not broadcast · DtypeError not float
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  return call1(mulOp, [a, b], undefined);
}

export const mulOp = binaryOp('mul', (a, b) => a * b);
