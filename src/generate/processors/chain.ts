import { eosIds } from '../eos.ts';
import type { ResolvedOptions } from '../option-table.ts';
import { type Prompt, paddingOf } from '../prompt.ts';
import { minLength } from './min-length.ts';
import { minNewTokens } from './min-new-tokens.ts';
import { minP } from './min-p.ts';
import type { LogitsProcessor } from './processor.ts';
import { repetitionPenalty } from './repetition-penalty.ts';
import { temperature } from './temperature.ts';
import { topK } from './top-k.ts';
import { topP } from './top-p.ts';

/** What happens to a row's scores, in two stages so that an observer can look in between. */
export interface Chain {
  /** Penalties and temperature: every token keeps a score. */
  readonly scale: readonly LogitsProcessor[];
  /** Cuts: some tokens can no longer be drawn. */
  readonly cut: readonly LogitsProcessor[];
}

/** Does it do anything? */
export function changes({ scale, cut }: Chain): boolean {
  return scale.length + cut.length > 0;
}

/**
 * The processors that these options ask for, for one row of a prompt, in Hugging Face's order: penalties, lengths,
 * and with sampling temperature, top-k, top-p, min-p. Beam sampling must be left a token that does not end the row.
 *
 * A further processor is one file beside this one and one line here.
 *
 * Source    transformers v5, `_get_logits_processor`
 */
export function chainFor(options: ResolvedOptions, prompt: Prompt, row: number): Chain {
  const { repetition_penalty, min_length, min_new_tokens, do_sample, num_beams } = options;
  const eos = eosIds(options);
  const known = prompt.ids[row].length;
  const least = min_length - (prompt.embedded ?? 0);
  const atLeast = num_beams > 1 ? Math.max(2, eos.length + 1) : 1;
  const scale: LogitsProcessor[] = [];
  const cut: LogitsProcessor[] = [];
  if (repetition_penalty !== 1) scale.push(repetitionPenalty(repetition_penalty, paddingOf(prompt, row)));
  if (least > 0 && eos.length > 0) scale.push(minLength(least, eos));
  if (min_new_tokens > 0 && eos.length > 0) scale.push(minNewTokens(min_new_tokens, known, eos));
  if (do_sample) {
    if (options.temperature !== 1) scale.push(temperature(options.temperature));
    if (options.top_k > 0) cut.push(topK(options.top_k, atLeast));
    if (options.top_p < 1) cut.push(topP(options.top_p, atLeast));
    if (options.min_p > 0) cut.push(minP(options.min_p, atLeast));
  }
  return { scale, cut };
}
