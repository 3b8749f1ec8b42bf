import { OptionError } from '../errors.ts';
import { type GenerateOutput, generate } from '../generate/generate.ts';
import type { GenerateOptions, ResolvedOptions } from '../generate/option-table.ts';
import { resolveOptions } from '../generate/options.ts';
import type { Prompt } from '../generate/prompt.ts';
import type { Session } from '../generate/session.ts';
import { type StreamStep, stream } from '../generate/stream.ts';
import type { Observer } from '../models/run.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { checkSignal } from './inputs.ts';
import { LoadedModel } from './model.ts';

/** What one call of `generate` or `stream` takes beside the prompt and the options of generation. */
export interface CallExtras {
  /** Ends the call at the next step; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly observer?: Observer;
  /** Writes `texts` into the result, and `text` into the steps of a stream. @default the model's own, if it has one */
  readonly tokenizer?: Tokenizer;
}

export type GenerateArgs<I> = I & CallExtras & GenerateOptions;

/** A prompt that was read, ready to be continued. */
export interface Opened {
  readonly session: Session;
  readonly prompt: Prompt;
  /** `performance.now()` when the part that runs once per prompt was done: T5's encoder, the bridge of a hybrid. */
  readonly encoded?: number;
}

export interface TextOutput extends Omit<GenerateOutput, 'timings'> {
  /** What was written, special tokens left out: one a sequence, where a tokenizer is known. */
  readonly texts?: string[];
  readonly timings: GenerateOutput['timings'] & {
    /** Of the part that runs once per prompt; 0 where there is none. */
    readonly encode_ms: number;
  };
}

/** A model that writes: every way of writing is one of these two calls. */
export abstract class TextModel<I extends object> extends LoadedModel {
  /** Tokenizer of what the model writes, where its folder had one. */
  readonly tokenizer?: Tokenizer;
  /** Names of the arguments that `open` takes; all others are options of generation. */
  protected abstract readonly promptNames: readonly string[];
  /** Reads a prompt. */
  abstract open(inputs: I & Pick<CallExtras, 'observer' | 'signal'>, options: ResolvedOptions): Promise<Opened>;

  /**
   * Writes an answer to every prompt, or a continuation of it. Options as in Hugging Face's `generate`; each does what it
   * does there, or is rejected by name.
   *
   * Errors    OptionError, UnsupportedOptionError options · ShapeError, NumericError the prompt · the signal's reason
   */
  async generate(args: GenerateArgs<I>): Promise<TextOutput> {
    const began = performance.now();
    const { inputs, extras, options } = this.#split(args);
    const { session, prompt, encoded = began } = await this.open(inputs, options);
    const { tokenizer = this.tokenizer, ...hooks } = extras;
    const output = await generate(session, prompt, options, { ...hooks, began: encoded });
    const start = prompt.ids[0].length;
    const written = output.sequences.map((row) => row.slice(start));
    return {
      ...output,
      ...(tokenizer && { texts: tokenizer.batch_decode(written, { skip_special_tokens: true }) }),
      timings: { encode_ms: encoded - began, ...output.timings },
    };
  }

  /** The tokens that `generate` would write, one by one as they are chosen; leaving the loop ends the work. */
  async *stream(args: GenerateArgs<I>): AsyncGenerator<StreamStep, void> {
    const { inputs, extras, options } = this.#split(args);
    const { session, prompt } = await this.open(inputs, options);
    yield* stream(session, prompt, options, { ...extras, tokenizer: extras.tokenizer ?? this.tokenizer });
  }

  #split(args: GenerateArgs<I>): {
    inputs: I & Pick<CallExtras, 'observer' | 'signal'>;
    extras: CallExtras;
    options: ResolvedOptions;
  } {
    this.checkLive('generate');
    if (typeof args !== 'object' || args === null)
      throw new OptionError('takes an object of arguments', { op: 'generate', got: args });
    const { signal, observer, tokenizer, ...rest } = args;
    checkSignal('generate', signal);
    const entries = Object.entries(rest);
    const isPrompt = ([name]: [string, unknown]) => this.promptNames.includes(name);
    const inputs = Object.fromEntries([...entries.filter(isPrompt), ['observer', observer], ['signal', signal]]) as I &
      CallExtras;
    const options = Object.fromEntries(entries.filter((entry) => !isPrompt(entry)));
    const { file, config } = this.generationConfigs;
    return { inputs, extras: { signal, observer, tokenizer }, options: resolveOptions(options, file, config) };
  }
}
