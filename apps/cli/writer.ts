import {
  type AnyModel,
  type Fusion,
  GPT2LMHeadModel,
  LlmToSlm,
  LoadError,
  OptionError,
  type ResolvedOptions,
  resolveOptions,
  T5EncoderModel,
  type T5ForConditionalGeneration,
  type TextOutput,
  type Tokenizer,
} from '../../src/index.node.ts';
import type { GenerateFlags } from './generate-options.ts';
import type { Inputs } from './inputs.ts';
import { signal } from './interrupt.ts';
import { type PromptSize, sizeOfPrompts, writtenTokens } from './usage.ts';

export type Writing = GPT2LMHeadModel | T5ForConditionalGeneration | LlmToSlm;

/** A model that can write, or an OptionError. */
export function writingModel(model: AnyModel): Writing {
  if (!(model instanceof T5EncoderModel)) return model;
  throw new OptionError('an encoder alone writes nothing', { hint: 'baton forward gives its hidden states' });
}

/** A model that is ready, and how it is to write. */
export interface Writer {
  readonly model: Writing;
  /** Of models that are no hybrid. */
  readonly tokenizer?: Tokenizer;
  readonly options: GenerateFlags;
  readonly fusion?: Fusion;
  readonly load_ms: number;
  readonly dtype: string;
}

/** What `generate --json` prints of one prompt. */
export interface Answer {
  /** One for each sequence where there are several; null where no tokenizer is known. */
  readonly text: string | string[] | null;
  readonly sequences: number[][];
  readonly sequences_scores: number[] | null;
  readonly finish_reasons: string[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
  readonly timings: Readonly<Record<'load_ms' | 'encode_ms' | 'prefill_ms' | 'decode_ms' | 'ms_per_token', number>>;
  readonly backend: Readonly<{ name: string; mode?: string; threads: number; simd: string; dtype: string }>;
}

/** One prompt of text, answered. */
export async function answerText(writer: Writer, text: string): Promise<Answer> {
  const { model, options } = writer;
  const began = performance.now();
  const { prompt, tokens } = await promptOf(writer, text);
  const encode_ms = performance.now() - began;
  const output = await model.generate({ ...prompt, ...options, signal });
  return answersOf(writer, output, { tokens: [tokens], columns: tokens }, encode_ms)[0];
}

/** One prompt of text, its answer piece by piece. */
export async function* streamText(writer: Writer, text: string): AsyncGenerator<string> {
  const { prompt } = await promptOf(writer, text);
  for await (const step of writer.model.stream({ ...prompt, ...writer.options, signal })) yield step.text;
}

/** Whether an answer can be shown while it is written: one sequence, and nothing that changes its mind. */
export function streams(writer: Writer): boolean {
  const { num_beams, num_return_sequences } = resolved(writer);
  return num_beams === 1 && num_return_sequences === 1;
}

/** A batch of ids, answered; one answer a row. */
export async function answerInputs(writer: Writer, inputs: Inputs): Promise<Answer[]> {
  const { model, tokenizer, options, fusion } = writer;
  const size = await sizeOfPrompts(inputs);
  const output = await model.generate({ ...inputs, ...(fusion && { fusion }), tokenizer, ...options, signal });
  return answersOf(writer, output, size);
}

/** A prompt as the model takes it, and its length. A hybrid reads it here, once. */
async function promptOf(
  { model, tokenizer, fusion }: Writer,
  text: string,
): Promise<{ prompt: object; tokens: number }> {
  if (model instanceof LlmToSlm) {
    const baton = await model.encode({ text, fusion });
    return { prompt: { baton }, tokens: baton.prompt.shape[1] };
  }
  if (tokenizer === undefined) throw new LoadError('the folder has no tokenizer', { hint: '--inputs takes ids' });
  const { ids } = tokenizer.encode(text);
  if (ids.length === 0) throw new OptionError('the prompt must not be empty: this model continues what it reads');
  return { prompt: { input_ids: [ids], tokenizer }, tokens: ids.length };
}

function answersOf(writer: Writer, output: TextOutput, size: PromptSize, encode_ms = 0): Answer[] {
  const { model, load_ms, dtype } = writer;
  const { sequences, sequences_scores, finish_reasons, texts, timings } = output;
  const { name, mode, threads, simd } = model.backendInfo;
  const { eos_token_id } = resolved(writer);
  const start = startOf(model, size);
  const copies = sequences.length / size.tokens.length;
  return size.tokens.map((prompt_tokens, i) => {
    const own = <T>(rows: readonly T[]): T[] => rows.slice(i * copies, (i + 1) * copies);
    const text = texts === undefined ? [] : own(texts);
    return {
      text: texts === undefined ? null : text.length === 1 ? text[0] : text,
      sequences: own(sequences),
      sequences_scores: sequences_scores === undefined ? null : own(sequences_scores),
      finish_reasons: own(finish_reasons),
      usage: {
        prompt_tokens,
        completion_tokens: writtenTokens(own(sequences), own(finish_reasons), start, eos_token_id),
      },
      timings: {
        load_ms: round(load_ms),
        encode_ms: round(encode_ms + timings.encode_ms),
        prefill_ms: round(timings.prefill_ms),
        decode_ms: round(timings.decode_ms),
        ms_per_token: round(timings.ms_per_token),
      },
      backend: { name, mode, threads, simd, dtype },
    };
  });
}

/** Where the written tokens of a sequence begin: behind GPT-2's prompt, behind T5's start token. */
function startOf(model: Writing, { columns }: PromptSize): number {
  if (model instanceof GPT2LMHeadModel) return columns;
  return model instanceof LlmToSlm && model.slm instanceof GPT2LMHeadModel ? 0 : 1;
}

function resolved({ model, options }: Writer): ResolvedOptions {
  const { file, config } = model.generationConfigs;
  return resolveOptions(options, file, config);
}

/** Milliseconds with three digits behind the point. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
