import type { Op } from '../tensor/op.ts';
import { broadcast, sizeOf } from '../tensor/shape.ts';
import { needed, once } from './call.ts';
import { checkFloat, eachRow, floats, floatsOut, lastStep } from './host.ts';

/**
 * An op that maps each element by itself, y = f(x), computed in float64 and rounded once. `flops` counts one evaluation.
 */
export function unaryOp<A>(
  name: string,
  flops: (attrs: A) => number,
  define: (attrs: A) => (x: number) => number,
): Op<A> {
  return {
    name,

    infer(inputs) {
      const x = needed(inputs, 0, name, 'x');
      checkFloat(name, 'x', x);
      return [{ dtype: 'F32', shape: x.shape }];
    },

    reference([xIn], attrs, [yOut]) {
      if (xIn === undefined) return;
      const [x, y] = [floats(xIn), floatsOut(yOut)];
      const f = define(attrs);
      for (let i = 0; i < y.length; i++) y[i] = f(x[i]);
    },

    cost: (inputs, attrs, outputs) => once(flops(attrs) * sizeOf(outputs[0].shape), inputs, outputs),
  };
}

/** An op on pairs of elements, y = f(a, b), whose shapes broadcast by NumPy's rule: one operation, one rounding. */
export function binaryOp(name: string, f: (a: number, b: number) => number): Op<undefined> {
  return {
    name,

    infer(inputs) {
      const [a, b] = [needed(inputs, 0, name, 'a'), needed(inputs, 1, name, 'b')];
      checkFloat(name, 'a', a);
      checkFloat(name, 'b', b);
      return [{ dtype: 'F32', shape: broadcast(a, b, name) }];
    },

    reference([aIn, bIn], _attrs, [yOut]) {
      if (aIn === undefined || bIn === undefined) return;
      const [a, b, y] = [floats(aIn), floats(bIn), floatsOut(yOut)];
      const n = yOut.shape.at(-1) ?? 1;
      const [aStep, bStep] = [lastStep(aIn.shape, yOut.shape), lastStep(bIn.shape, yOut.shape)];
      eachRow(yOut.shape, [aIn.shape, bIn.shape], (row, [aAt, bAt]) => {
        for (let i = 0; i < n; i++) y[row * n + i] = f(a[aAt + i * aStep], b[bAt + i * bStep]);
      });
    },

    cost: (inputs, _attrs, outputs) => once(sizeOf(outputs[0].shape), inputs, outputs),
  };
}
