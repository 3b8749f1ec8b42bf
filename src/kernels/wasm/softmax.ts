import { eachRow, lastStep } from '../host.ts';
import { type SoftmaxAttrs, softmaxOp } from '../softmax.ts';
import { type Kernel, loops } from './kernel.ts';

/** Rows with an exponential of our own; where a row is refused the reference says why. */
export const softmax: Kernel<SoftmaxAttrs> = (m, inputs, attrs, outputs) => {
  const [x, bias, mask] = inputs;
  const [y] = outputs;
  if (x === undefined) return;
  const { scale, past, emptyRows } = attrs;
  const n = x.shape.at(-1) ?? 1; //                                                           S
  const queries = x.shape.at(-2) ?? 1; //                                                     T
  const from = m.floats(x);
  const biasFrom = bias === undefined ? 0 : m.floats(bias);
  const room = m.lend(4 * n + 16);
  const shapes = [bias?.shape ?? [1], mask?.shape ?? [1]];
  const [biasStep, maskStep] = shapes.map((shape) => lastStep(shape, x.shape));
  let refused = false;
  eachRow(x.shape, shapes, (row, [biasAt, maskAt]) => {
    const status = m.kernels.softmaxRow(
      from + 4 * row * n,
      bias === undefined ? 0 : biasFrom + 4 * biasAt,
      biasStep,
      mask === undefined ? 0 : mask.at + maskAt,
      maskStep,
      y.at + 4 * row * n,
      room,
      n,
      past === undefined ? n : Math.min(n, past + (row % queries) + 1),
      scale,
    );
    refused ||= status === 2 || (status === 1 && emptyRows === 'error');
  });
  if (refused) loops(softmaxOp)(m, inputs, attrs, outputs);
};
