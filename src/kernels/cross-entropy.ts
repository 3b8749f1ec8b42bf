import { DtypeError, NumericError, ShapeError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { describe } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats, floatsOut, integers, lastAxis } from './host.ts';
import { logSumExp } from './log-softmax.ts';

export interface CrossEntropyOptions {
  /** Rows with this label do not count. Default −100. */
  readonly ignore?: number;
}

/**
 * Mean cross-entropy of the rows that count: loss = −(1/C) Σᵣ logSoftmax(logitsᵣ)[labelᵣ].
 *
 * Shapes    logits [N V], labels I32 [N] → loss [1]
 * Units     nats per counted row
 * Numerics  float64 throughout, one rounding at the end
 * Errors    ShapeError · DtypeError · NumericError a label outside 0 … V − 1, no row counts, or logits as in logSoftmax
 * Source    Goodfellow, Bengio & Courville 2016 §6.2.2
 */
export function crossEntropy(logits: Tensor, labels: Tensor, { ignore = -100 }: CrossEntropyOptions = {}): Tensor {
  return call1(crossEntropyOp, [logits, labels], { ignore });
}

export const crossEntropyOp: Op<Required<CrossEntropyOptions>> = {
  name: 'crossEntropy',

  infer(inputs) {
    const op = 'crossEntropy';
    const [logits, labels] = [needed(inputs, 0, op, 'logits'), needed(inputs, 1, op, 'labels')];
    checkFloat(op, 'logits', logits);
    lastAxis(op, 'logits', logits);
    if (labels.dtype !== 'I32') {
      throw new DtypeError(`"labels" must be I32, got ${labels.dtype} ${describe(labels)}`, { op, got: labels.dtype });
    }
    if (logits.shape.length !== 2 || labels.shape.length !== 1 || labels.shape[0] !== logits.shape[0]) {
      throw new ShapeError(`logits [N V] and labels [N] do not fit: ${describe(logits)}, ${describe(labels)}`, {
        op,
        expected: logits.shape.slice(0, 1),
        got: labels.shape,
      });
    }
    return [{ dtype: 'F32', shape: [1] }];
  },

  reference([logitsIn, labelsIn], { ignore }, [out]) {
    if (logitsIn === undefined || labelsIn === undefined) return;
    const op = 'crossEntropy';
    const [logits, labels] = [floats(logitsIn), integers(labelsIn)];
    const [N, V] = logitsIn.shape;
    let [sum, counted] = [0, 0];
    for (let row = 0; row < N; row++) {
      const label = labels[row];
      if (label === ignore) continue;
      if (label < 0 || label >= V) {
        throw new NumericError(`label ${label} of row ${row} is outside 0 … ${V - 1}`, { op, expected: V, got: label });
      }
      const { max, log } = logSumExp(op, logits, row * V, V);
      sum += log - (logits[row * V + label] - max);
      counted++;
    }
    if (counted === 0) throw new NumericError(`no row counts: all ${N} labels are ${ignore}`, { op, got: N });
    floatsOut(out)[0] = sum / counted;
  },

  cost(inputs, _attrs, outputs) {
    const [N, V] = inputs[0]?.shape ?? [0, 0];
    return once(N * (3 * V + 4) + 1, inputs, outputs); // as if every row counted; the mean is one division
  },
};
