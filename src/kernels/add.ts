import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { binaryOp } from './elementwise.ts';

/**
 * Sum: y = a + b, element by element.
 *
 * Shapes    a, b broadcast by NumPy's rule → y of the common shape
 * Numerics  one rounding
 * Errors    ShapeError shapes do not broadcast · DtypeError not float
 */
export function add(a: Tensor, b: Tensor): Tensor {
  return call1(addOp, [a, b], undefined);
}

export const addOp = binaryOp('add', (a, b) => a + b);
