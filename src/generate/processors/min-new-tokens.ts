import { minLength } from './min-length.ts';
import type { LogitsProcessor } from './processor.ts';

/**
 * No end of sequence before `least` ids stand behind the first `prompt` ones.
 *
 * Source    transformers v5, MinNewTokensLengthLogitsProcessor
 */
export function minNewTokens(least: number, prompt: number, eos: readonly number[]): LogitsProcessor {
  return minLength(prompt + least, eos, 'min_new_tokens');
}
