import { DtypeError, show } from '../errors.ts';
import { isFloat } from '../tensor/dtype.ts';
import { narrow } from '../tensor/floats.ts';
import type { Op } from '../tensor/op.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats } from './host.ts';
import { wordsOf } from './move.ts';

export type FloatDtype = 'F32' | 'F16' | 'BF16';

/**
 * The same numbers in another float dtype.
 *
 * Shapes    x [any] → y [same]
 * Numerics  exact where widening; to nearest, ties to even, where narrowing; what is too large becomes ±∞
 * Errors    DtypeError x or dtype is not F32, F16 or BF16
 * Source    IEEE 754-2019 §4.3.1, §5.4.2
 */
export function cast(x: Tensor, dtype: FloatDtype): Tensor {
  return call1(castOp, [x], { dtype });
}

export const castOp: Op<{ readonly dtype: FloatDtype }> = {
  name: 'cast',

  infer(inputs, { dtype }) {
    const x = needed(inputs, 0, 'cast', 'x');
    checkFloat('cast', 'x', x);
    if (!isFloat(dtype)) {
      throw new DtypeError(`"dtype" must be F32, F16 or BF16, got ${show(dtype)}`, { op: 'cast', got: dtype });
    }
    return [{ dtype, shape: x.shape }];
  },

  reference([x], { dtype }, [y]) {
    if (x === undefined) return;
    const data = x.dtype === dtype ? x.data : narrow(floats(x), dtype);
    wordsOf(y).words.set(wordsOf({ ...y, data }).words);
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};
