import { DtypeError, ShapeError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { axisOf, describe, sameShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { wordsOf } from './move.ts';

/**
 * Tensors one behind the other along an axis.
 *
 * Shapes    xs[i] [… nᵢ …], equal but for that axis → [… Σ nᵢ …]
 * Numerics  exact, every dtype
 * Errors    ShapeError other axes differ · DtypeError dtypes differ · StateError no tensor at all
 */
export function concat(xs: readonly Tensor[], axis: number): Tensor {
  return call1(concatOp, xs, { axis });
}

export const concatOp: Op<{ readonly axis: number }> = {
  name: 'concat',

  infer(inputs, { axis }) {
    const op = 'concat';
    const first = needed(inputs, 0, op, 'xs[0]');
    const i = axisOf(axis, first.shape.length, op);
    let total = 0;
    for (let n = 0; n < inputs.length; n++) {
      const x = needed(inputs, n, op, `xs[${n}]`);
      if (x.dtype !== first.dtype) {
        throw new DtypeError(`dtypes differ: xs[0] is ${first.dtype}, xs[${n}] is ${x.dtype}`, {
          op,
          expected: first.dtype,
          got: x.dtype,
        });
      }
      if (x.shape.length !== first.shape.length || !sameShape(x.shape.with(i, 0), first.shape.with(i, 0))) {
        throw new ShapeError(
          `shapes may differ on axis ${i} alone: xs[0] ${describe(first)}, xs[${n}] ${describe(x)}`,
          { op, expected: first.shape, got: x.shape },
        );
      }
      total += x.shape[i];
    }
    return [{ dtype: first.dtype, shape: first.shape.with(i, total) }];
  },

  reference(inputs, { axis }, [out]) {
    const { words: target, perElement } = wordsOf(out);
    const i = axisOf(axis, out.shape.length, 'concat');
    const inner = sizeOf(out.shape.slice(i + 1)) * perElement;
    const outer = sizeOf(out.shape.slice(0, i));
    const whole = out.shape[i] * inner;
    let begin = 0;
    for (const x of inputs) {
      if (x === undefined) continue;
      const part = x.shape[i] * inner;
      const { words } = wordsOf(x);
      for (let o = 0; o < outer; o++) target.set(words.subarray(o * part, (o + 1) * part), o * whole + begin);
      begin += part;
    }
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};
