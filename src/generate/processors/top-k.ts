import { largest } from '../largest.ts';
import type { LogitsProcessor } from './processor.ts';

/**
 * Keeps the k largest scores, and what equals the last of them; all others become −∞.
 *
 * Numerics  exact comparisons
 * Source    Fan et al. 2018, "Hierarchical Neural Story Generation", §5.4; transformers v5, TopKLogitsWarper
 */
export function topK(k: number, atLeast = 1): LogitsProcessor {
  const kept = Math.max(k, atLeast);
  return {
    name: 'top_k',
    process(_tokens, scores) {
      if (kept >= scores.length) return;
      const last = scores[largest(scores, kept)[kept - 1]];
      for (let i = 0; i < scores.length; i++) if (scores[i] < last) scores[i] = -Infinity;
    },
  };
}
