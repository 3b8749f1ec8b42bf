import type { LogitsProcessor } from './processor.ts';

/**
 * Makes tokens that already stand in the row less likely: score / penalty where the score is positive, score · penalty
 * where it is negative, so that it always falls. Once per token, however often it stands there.
 *
 * The first `skip` ids, the padding on the left, count as not there.
 *
 * Numerics  float32 product or quotient with the penalty as float32
 * Source    Keskar et al. 2019, "CTRL", §4.1; transformers v5, RepetitionPenaltyLogitsProcessor
 */
export function repetitionPenalty(penalty: number, skip = 0): LogitsProcessor {
  const factor = Math.fround(penalty);
  return {
    name: 'repetition_penalty',
    process(tokens, scores) {
      const seen = new Set<number>();
      for (let i = skip; i < tokens.length; i++) seen.add(tokens[i]);
      for (const id of seen) {
        if (id < scores.length) scores[id] = scores[id] < 0 ? scores[id] * factor : scores[id] / factor;
      }
    },
  };
}
