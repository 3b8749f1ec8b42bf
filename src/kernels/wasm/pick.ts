import { argmaxOp } from '../argmax.ts';
import { topKOp } from '../top-k.ts';
import { type Kernel, loops } from './kernel.ts';
import type { Machine } from './machine.ts';
import type { Placed } from './storage.ts';

/** What greedy decoding asks for at every token; where a number is NaN the reference says which. */
export const argmax: Kernel<undefined> = (m, inputs, attrs, outputs) => {
  const best = inputs[0] && largestOfRows(m, inputs[0]);
  if (best === undefined) loops(argmaxOp)(m, inputs, attrs, outputs);
  else m.write(outputs[0].at, best);
};

/** The largest alone in SIMD, more of them by the reference loops. */
export const topK: Kernel<{ readonly k: number }> = (m, inputs, attrs, outputs) => {
  const [x] = inputs;
  const best = x && attrs.k === 1 ? largestOfRows(m, x) : undefined;
  if (x === undefined || best === undefined) {
    loops(topKOp)(m, inputs, attrs, outputs);
    return;
  }
  const [values, indices] = outputs;
  const [from, n] = [m.floats(x), x.shape.at(-1) ?? 1];
  m.write(indices.at, best);
  m.write(
    values.at,
    Float32Array.from(best, (index, row) => floatAt(m, from + 4 * (row * n + index))),
  );
};

/** One number. */
export function floatAt(m: Machine, at: number): number {
  return Number(m.view(at, 'F32', 1)[0]);
}

/** Where the largest number of each row stands; undefined where a row holds NaN. */
export function largestOfRows(m: Machine, x: Placed): Int32Array | undefined {
  const [from, n] = [m.floats(x), x.shape.at(-1) ?? 1];
  const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const best = Int32Array.from({ length: rows }, (_, row) => m.kernels.largest(from + 4 * row * n, n));
  return best.includes(-1) ? undefined : best;
}
