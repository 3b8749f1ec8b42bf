import { OptionError } from '../errors.ts';
import type { StreamDecoder, Tokenizer } from '../tokenizer/tokenizer.ts';
import { decode } from './decode.ts';
import type { ResolvedOptions } from './option-table.ts';
import { type Hooks, prepare } from './prepare.ts';
import type { Prompt } from './prompt.ts';
import type { FinishReason } from './request.ts';
import { logTotal } from './sample.ts';
import type { Session } from './session.ts';

/** One token of one row, as soon as it is chosen. */
export interface StreamStep {
  readonly row: number;
  /** 0 for the row's first new token. */
  readonly index: number;
  readonly token: number;
  /** What is certain of the text now, special tokens left out; the pieces of a row joined are its text. '' without a tokenizer. */
  readonly text: string;
  /** Natural log of the probability that the model itself gave the token, before any processor. */
  readonly logprob: number;
  /** Said with the row's last token. */
  readonly finish_reason?: FinishReason;
}

export interface StreamHooks extends Hooks {
  readonly tokenizer?: Pick<Tokenizer, 'stream'>;
}

/**
 * The tokens that `generate` would write, one by one: of each step the rows in order, rows that have ended left out.
 *
 * Leaving the loop early ends the work. The session is disposed of on every way out.
 *
 * Errors    as `generate`; OptionError with beams, whose text is only known at the end
 */
export async function* stream(
  session: Session,
  prompt: Prompt,
  options: ResolvedOptions,
  hooks: StreamHooks = {},
): AsyncGenerator<StreamStep, void> {
  try {
    if (options.num_beams > 1) {
      throw new OptionError(`"num_beams" must be 1 to stream, got ${options.num_beams}: beams change their minds`, {
        op: 'stream',
      });
    }
    const decoders = new Map<number, StreamDecoder>();
    const textOf = (row: number, token: number, last: boolean): string => {
      const decoder = decoders.get(row) ?? hooks.tokenizer?.stream({ skip_special_tokens: true });
      if (decoder === undefined) return '';
      decoders.set(row, decoder);
      return decoder.push(token) + (last ? decoder.end() : '');
    };
    let index = 0;
    for await (const step of decode(prepare(session, prompt, options, hooks, 'logprobs').request)) {
      for (const { row, token, reason, filler, logits, logprob = logits[token] - logTotal(logits) } of step) {
        if (filler) continue;
        const text = textOf(row, token, reason !== undefined);
        yield { row, index, token, text, logprob, ...(reason && { finish_reason: reason }) };
      }
      index++;
    }
  } finally {
    session.dispose();
  }
}
