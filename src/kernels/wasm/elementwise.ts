import { sizeOf } from '../../tensor/shape.ts';
import { type GeluForm, geluOp } from '../gelu.ts';
import { eachRow, lastStep } from '../host.ts';
import { type Kernel, loops } from './kernel.ts';
import type { Divisible, Kernels, Map1 } from './kernels.ts';

/** The names of kernels of one kind. */
type Names<F> = {
  [N in Divisible]: Kernels[N] extends F ? (F extends Kernels[N] ? N : never) : never;
}[Divisible];

/** A function of an element takes about as long as so many products; a sum, waiting for memory, as a few. */
const products = 16;
const productsOfSum = 4;

/** One element after the other, eight at once. */
export function mapped(name: Names<Map1>): Kernel<undefined> {
  return (m, [x], _attrs, [y]) => {
    const size = sizeOf(y.shape);
    if (x !== undefined) m.divide(size * products, name, m.floats(x), y.at, size);
  };
}

/** The form by tanh, which the models use, in SIMD; the other by the reference loops. */
export const gelu: Kernel<{ readonly form: GeluForm }> = (m, inputs, attrs, outputs) => {
  if (attrs.form === 'tanh') mapped('geluTanh')(m, inputs, undefined, outputs);
  else loops(geluOp)(m, inputs, attrs, outputs);
};

export const scale: Kernel<{ readonly factor: number }> = (m, [x], { factor }, [y]) => {
  if (x !== undefined) m.kernels.scale(m.floats(x), y.at, sizeOf(y.shape), factor);
};

/** Sums or products, row by row where one side is repeated. */
export function paired(name: 'add' | 'mul'): Kernel<undefined> {
  return (m, [a, b], _attrs, [y]) => {
    if (a === undefined || b === undefined) return;
    const [left, right, size] = [m.floats(a), m.floats(b), sizeOf(y.shape)];
    if (sizeOf(a.shape) === size && sizeOf(b.shape) === size) {
      m.divide(size * productsOfSum, name, left, 1, right, 1, y.at, size);
      return;
    }
    const n = y.shape.at(-1) ?? 1;
    const [aStep, bStep] = [lastStep(a.shape, y.shape), lastStep(b.shape, y.shape)];
    eachRow(y.shape, [a.shape, b.shape], (row, [i, j]) => {
      m.kernels[name](left + 4 * i, aStep, right + 4 * j, bStep, y.at + 4 * row * n, n, 0, 1);
    });
  };
}
