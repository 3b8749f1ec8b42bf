import { type AttentionAttrs, attentionSteps } from '../attention.ts';
import { attentionScores } from './attention-scores.ts';
import type { GpuKernel } from './desk.ts';
import { mix } from './mix.ts';
import { softmax } from './softmax.ts';

/** The three steps behind each other. */
export const attention: GpuKernel<AttentionAttrs> = (desk, [q, keys, values, bias, mask], attrs, outputs) => {
  const { scores, pattern, unscaled } = attentionSteps([q, keys, values, bias, mask], attrs);
  const [scored] = attentionScores(desk, [q, keys], attrs, [scores]);
  const [weighed] = softmax(desk, [{ ...scores, storage: desk.passing(scored) }, bias, mask], unscaled, [pattern]);
  return mix(desk, [{ ...pattern, storage: desk.passing(weighed) }, values], undefined, outputs);
};
