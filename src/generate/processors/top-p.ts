import type { LogitsProcessor } from './processor.ts';

/**
 * Keeps the smallest set of best tokens whose probabilities sum to at least p, the token that crosses p included; all
 * others become −∞. It works from the worst token upwards: whatever sums to at most 1 − p goes. Of equal scores at
 * the edge the earlier tokens go first.
 *
 * Numerics  softmax and sum in float64, ascending; the scores kept stay bit for bit
 * Source    Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", §3.1; transformers v5, TopPLogitsWarper
 */
export function topP(p: number, atLeast = 1): LogitsProcessor {
  return {
    name: 'top_p',
    process(_tokens, scores) {
      const sorted = scores.slice().sort();
      const max = sorted[sorted.length - 1];
      let sum = 0;
      for (const score of sorted) sum += Math.exp(score - max);
      let going = 0;
      for (let mass = 0; going < sorted.length - atLeast; going++) {
        mass += Math.exp(sorted[going] - max) / sum;
        if (mass > 1 - p) break;
      }
      if (going <= 0) return;
      const edge = sorted[going - 1];
      let atEdge = going - sorted.indexOf(edge); // of the scores equal to the edge, this many go
      for (let i = 0; i < scores.length; i++) {
        if (scores[i] < edge || (scores[i] === edge && atEdge-- > 0)) scores[i] = -Infinity;
      }
    },
  };
}
