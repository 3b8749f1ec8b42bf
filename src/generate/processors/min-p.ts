import { largest } from '../largest.ts';
import type { LogitsProcessor } from './processor.ts';

/**
 * Keeps tokens whose probability is at least p times the best token's, and the `atLeast` best in any case; all others
 * become −∞. The share of the best is exp(score − max), whatever the sum.
 *
 * Numerics  probabilities in float64; the scores kept stay bit for bit
 * Source    Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling"; transformers v5, MinPLogitsWarper
 */
export function minP(p: number, atLeast = 1): LogitsProcessor {
  return {
    name: 'min_p',
    process(_tokens, scores) {
      const best = largest(scores, atLeast);
      const max = scores[best[0]];
      const safe = new Set(best);
      for (let i = 0; i < scores.length; i++) {
        if (Math.exp(scores[i] - max) < p && !safe.has(i)) scores[i] = -Infinity;
      }
    },
  };
}
