import { NumericError } from '../../errors.ts';
import type { CrossEntropyOptions } from '../cross-entropy.ts';
import { floatsOf, type GpuKernel } from './desk.ts';
import { logSumExp } from './log-softmax.ts';
import { row } from './unfold.ts';

/** Labels come from the host, where they are checked; the loss of every row, then their mean. */
export const crossEntropy: GpuKernel<Required<CrossEntropyOptions>> = (desk, [logits, labels], { ignore }, [y]) => {
  if (logits === undefined || labels === undefined) return [];
  const [N, V] = logits.shape;
  const ids = floatsOf(labels);
  const counted = checkLabels(ids, V, ignore);
  const { max, log } = logSumExp(desk, logits);
  const losses = desk.launch({
    source: `function (x, max, log, labels) { const id = labels[${row}][0]; let v = 0;
      const at = Math.max(id, 0);
      if (id >= 0) { v = log[${row}][0] - (x[${row}][at] - max[${row}][0]); }
      return v; }`,
    cols: 1,
    rows: N,
    args: [
      desk.see(logits),
      { block: max, cols: 1 },
      { block: log, cols: 1 },
      { values: ids.map((id) => (id === ignore ? -1 : id)), cols: 1 },
    ],
  });
  const source = `function (losses, count) { let s = 0; for (let i = 0; i < ${N}; i++) { s = s + losses[i][0]; } return s / count; }`;
  return [desk.store(desk.launch({ source, cols: 1, rows: 1, args: [{ block: losses, cols: 1 }, counted] }), y)];
};

function checkLabels(labels: Float32Array, V: number, ignore: number): number {
  const op = 'crossEntropy';
  let counted = 0;
  for (const [r, label] of labels.entries()) {
    if (label === ignore) continue;
    if (label < 0 || label >= V) {
      throw new NumericError(`label ${label} of row ${r} is outside 0 … ${V - 1}`, { op, expected: V, got: label });
    }
    counted++;
  }
  if (counted === 0) {
    throw new NumericError(`no row counts: all ${labels.length} labels are ${ignore}`, { op, got: labels.length });
  }
  return counted;
}
