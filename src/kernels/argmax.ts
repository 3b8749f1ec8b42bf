import { NumericError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats, integers, lastAxis } from './host.ts';

/**
 * Index of the largest entry of each row, the first of several equal ones.
 *
 * Shapes    x [… n] → I32 […], n ≥ 1
 * Numerics  exact; −0 equals 0
 * Errors    ShapeError n = 0 · NumericError NaN in a row
 */
export function argmax(x: Tensor): Tensor {
  return call1(argmaxOp, [x], undefined);
}

export const argmaxOp: Op<undefined> = {
  name: 'argmax',

  infer(inputs) {
    const x = needed(inputs, 0, 'argmax', 'x');
    checkFloat('argmax', 'x', x);
    lastAxis('argmax', 'x', x);
    return [{ dtype: 'I32', shape: x.shape.slice(0, -1) }];
  },

  reference([xIn], _attrs, [out]) {
    if (xIn === undefined) return;
    const [x, best] = [floats(xIn), integers(out)];
    const n = xIn.shape.at(-1) ?? 1;
    for (let row = 0; row < best.length; row++) {
      const at = row * n;
      let winner = 0;
      for (let i = 0; i < n; i++) {
        if (Number.isNaN(x[at + i])) {
          throw new NumericError(`"x" is NaN at row ${row}, column ${i}`, { op: 'argmax', got: x[at + i] });
        }
        if (x[at + i] > x[at + winner]) winner = i;
      }
      best[row] = winner;
    }
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};
