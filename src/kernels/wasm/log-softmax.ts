import { logSoftmaxOp } from '../log-softmax.ts';
import { type Kernel, loops } from './kernel.ts';
import { largestOfRows } from './pick.ts';

/** What streaming asks for at every token. Where a row is refused the reference says why. */
export const logSoftmax: Kernel<undefined> = (m, inputs, attrs, outputs) => {
  const [x] = inputs;
  const best = x && largestOfRows(m, x);
  if (x === undefined || best === undefined) return loops(logSoftmaxOp)(m, inputs, attrs, outputs);
  const [from, to, n] = [m.floats(x), outputs[0].at, x.shape.at(-1) ?? 1];
  for (const [row, index] of best.entries()) {
    const [at, start] = [4 * row * n, from + 4 * row * n];
    const top = Number(m.view(start + 4 * index, 'F32', 1)[0]);
    if (!Number.isFinite(top)) return loops(logSoftmaxOp)(m, inputs, attrs, outputs);
    m.kernels.subtractBoth(start, to + at, n, top, Math.log(m.kernels.sumOfExp(start, n, top)));
  }
};
