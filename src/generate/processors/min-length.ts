import type { LogitsProcessor } from './processor.ts';

/**
 * No end of sequence while a row has fewer than `least` ids.
 *
 * Source    transformers v5, MinLengthLogitsProcessor
 */
export function minLength(least: number, eos: readonly number[], name = 'min_length'): LogitsProcessor {
  return {
    name,
    process(tokens, scores) {
      if (tokens.length >= least) return;
      for (const id of eos) if (id < scores.length) scores[id] = -Infinity;
    },
  };
}
