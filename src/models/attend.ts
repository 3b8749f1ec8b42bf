import { attention } from '../kernels/attention.ts';
import { attentionScores } from '../kernels/attention-scores.ts';
import { mix } from '../kernels/mix.ts';
import { type SoftmaxOptions, softmax } from '../kernels/softmax.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Run, unobserved } from './run.ts';

/**
 * softmax(scale · QKᵀ + bias, masked) · V per head: step by step where somebody may look, in one where nobody does, with the
 * same bits.
 *
 * Shapes    q [B H T E], keys and values [S B H E] → z [B H T E]
 */
export function attend(run: Run, q: Tensor, keys: Tensor, values: Tensor, options: SoftmaxOptions): Tensor {
  if (run === unobserved) return attention(q, keys, values, options);
  const { scale = 1, ...masks } = options;
  const scores = run.tap('scores', attentionScores(q, keys, scale)); //                        [B H T S]
  const pattern = run.tap('pattern', softmax(scores, masks)); //                               [B H T S]
  return run.tap('z', mix(pattern, values)); //                                                [B H T E]
}
