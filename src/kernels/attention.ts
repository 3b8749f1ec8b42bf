import type { Host, Inputs, Op } from '../tensor/op.ts';
import { type Spec, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { attentionScoresOp } from './attention-scores.ts';
import { call1, needed, once } from './call.ts';
import { mixOp } from './mix.ts';
import { type SoftmaxAttrs, type SoftmaxOptions, softmaxOp } from './softmax.ts';

export type AttentionAttrs = SoftmaxAttrs;

/**
 * Attention as one step: z = mix(softmax(attentionScores(q, keys, scale), { bias, mask, past, emptyRows }), values), with its
 * bits. For where nobody looks in between: scores [B H T S] are never in memory as a whole.
 *
 * Shapes    q [B H T E], keys and values [S B H E], bias and mask broadcast to [B H T S] → z [B H T E]
 * Numerics  as the three ops
 * Errors    as the three ops
 * Source    Vaswani et al. 2017 §3.2.1, eq. 1; a few rows at a time: Rabe & Staats 2021, arXiv 2112.05682
 */
export function attention(q: Tensor, keys: Tensor, values: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { bias, mask, scale = 1, past, emptyRows = 'error' } = options;
  return call1(attentionOp, [q, keys, values, bias, mask], { scale, past, emptyRows });
}

/** The three steps: what lies between them, and what softmax does where the scores are scaled already. */
export function attentionSteps([q, keys, , bias, mask]: Inputs<Spec>, attrs: AttentionAttrs) {
  const unscaled: SoftmaxAttrs = { ...attrs, scale: 1 };
  const [scores] = attentionScoresOp.infer([q, keys], attrs);
  const [pattern] = softmaxOp.infer([scores, bias, mask], unscaled);
  return { scores, pattern, unscaled };
}

export const attentionOp: Op<AttentionAttrs> = {
  name: 'attention',

  infer(inputs, attrs) {
    const { pattern } = attentionSteps(inputs, attrs);
    return mixOp.infer([pattern, needed(inputs, 2, 'attention', 'values')], undefined);
  },

  reference([q, keys, values, bias, mask], attrs, outputs) {
    if (q === undefined || keys === undefined) return;
    const steps = attentionSteps([q, keys, values, bias, mask], attrs);
    const host = (spec: Spec): Host => ({ ...spec, data: new Float32Array(sizeOf(spec.shape)) });
    const [scores, pattern] = [host(steps.scores), host(steps.pattern)];
    attentionScoresOp.reference([q, keys], attrs, [scores]);
    softmaxOp.reference([scores, bias, mask], steps.unscaled, [pattern]);
    mixOp.reference([pattern, values], undefined, outputs);
  },

  cost(inputs, attrs, outputs) {
    const [q, keys, values, bias, mask] = inputs;
    const { scores, pattern, unscaled } = attentionSteps(inputs, attrs);
    const steps = [
      attentionScoresOp.cost([q, keys], attrs, [scores]),
      softmaxOp.cost([scores, bias, mask], unscaled, [pattern]),
      mixOp.cost([pattern, values], undefined, outputs),
    ];
    const flops = steps.reduce((sum, step) => sum + step.flops, 0);
    return once(flops, inputs, outputs);
  },
};
