import { logSoftmaxOp } from '../log-softmax.ts';
import { type Kernel, loops } from './kernel.ts';
import type { Machine } from './machine.ts';
import { floatAt, largestOfRows } from './pick.ts';
import type { Placed } from './storage.ts';

/** What streaming asks for at every token. Where a row is refused the reference says why. */
export const logSoftmax: Kernel<undefined> = (m, inputs, attrs, outputs) => {
  const [x] = inputs;
  if (x === undefined || !logarithms(m, x, outputs[0])) loops(logSoftmaxOp)(m, inputs, attrs, outputs);
};

/** False where a row has NaN, or no finite largest number. */
function logarithms(m: Machine, x: Placed, y: Placed): boolean {
  const best = largestOfRows(m, x);
  if (best === undefined) return false;
  const [from, n] = [m.floats(x), x.shape.at(-1) ?? 1];
  for (const [row, index] of best.entries()) {
    const at = 4 * row * n;
    const top = floatAt(m, from + at + 4 * index);
    if (!Number.isFinite(top)) return false;
    m.kernels.subtractBoth(from + at, y.at + at, n, top, Math.log(m.kernels.sumOfExp(from + at, n, top)));
  }
  return true;
}
