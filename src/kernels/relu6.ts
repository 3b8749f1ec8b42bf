import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';

/**
 * Capped rectifier: y = min(6, max(0, x)).
 *
 * Shapes    x [any] → y [same]
 * Numerics  exact
 * Source    Krizhevsky 2010 (convolutional deep belief networks on CIFAR-10)
 */
export function relu6(x: Tensor): Tensor {
  return call1(relu6Op, [x], undefined);
}

export const relu6Op = unaryOp<undefined>(
  'relu6',
  () => 0,
  () => (x) => Math.min(6, Math.max(0, x)),
);
