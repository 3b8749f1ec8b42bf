import { LoadError, OptionError, show } from '../errors.ts';
import type { Where } from '../hub/open-files.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { loadAny } from './auto-model.ts';
import { GPT2LMHeadModel } from './gpt2-lm-head-model.ts';
import { LlmToSlm } from './llm-to-slm.ts';
import { type LoadOptions, loadFrom } from './load.ts';
import { padRows, readTexts } from './padded.ts';
import { T5EncoderModel } from './t5-encoder-model.ts';
import type { T5ForConditionalGeneration } from './t5-for-conditional-generation.ts';
import type { CallExtras, GenerateArgs } from './text-model.ts';
import { tokenizerOf } from './tokenizers.ts';

const tasks = ['translation', 'summarization', 'text2text-generation', 'text-generation'] as const;
export type Task = (typeof tasks)[number];

export interface PipelineResult {
  /** What was written; of 'text-generation' with its prompt in front. */
  readonly generated_text: string;
}

/** Text in, text out. `num_return_sequences` results a text, those of the first text first. */
export interface Pipeline {
  (text: string | readonly string[], options?: GenerateArgs<object>): Promise<PipelineResult[]>;
  readonly model: WritingModel;
  dispose(): void;
}

type WritingModel = GPT2LMHeadModel | T5ForConditionalGeneration | LlmToSlm;

/**
 * A model with its tokenizer, behind one function. The task says what the caller expects: a continuation
 * ('text-generation': GPT-2) or an answer (all others: T5, or a hybrid of either kind).
 *
 * Errors    OptionError an unknown task, or one the model cannot do · LoadError no tokenizer · as `from_pretrained`
 */
export async function pipeline(task: Task, where: Where, options: LoadOptions = {}): Promise<Pipeline> {
  if (!tasks.includes(task)) {
    throw new OptionError(`"task" must be one of ${tasks.map((t) => `'${t}'`).join(', ')}, got ${show(task)}`, {
      op: 'pipeline',
      got: task,
    });
  }
  const { model, tokenizer } = await loadFrom(where, options, async (files, placement) => {
    const own = (await files.has('hybrid.json')) ? undefined : await tokenizerOf(files);
    const model = await loadAny(files, placement);
    const tokenizer = model instanceof LlmToSlm ? model.promptTokenizer : own;
    return { model, tokenizer, dispose: () => model.dispose() };
  });
  try {
    const writing = writerFor(task, model);
    if (tokenizer === undefined) {
      throw new LoadError('there is no tokenizer beside the model', {
        op: 'pipeline',
        hint: 'tokenizer.json, spiece.model, or vocab.json + merges.txt',
      });
    }
    const run = (text: string | readonly string[], call: GenerateArgs<object> = {}) =>
      write(writing, tokenizer, readTexts(text), call);
    return Object.assign(run, { model: writing, dispose: () => writing.dispose() });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function writerFor(task: Task, model: WritingModel | T5EncoderModel): WritingModel {
  const continues = model instanceof GPT2LMHeadModel;
  if (!(model instanceof T5EncoderModel) && continues === (task === 'text-generation')) return model;
  throw new OptionError(`a ${model.constructor.name} cannot do '${task}'`, {
    op: 'pipeline',
    got: task,
    hint: continues
      ? "'text-generation'"
      : "'translation', 'summarization' or 'text2text-generation' need T5 or a hybrid",
  });
}

async function write(
  model: WritingModel,
  tokenizer: Tokenizer,
  texts: string[],
  call: GenerateArgs<object>,
): Promise<PipelineResult[]> {
  const answers = await textsOf(model, tokenizer, texts, call);
  const copies = answers.length / texts.length;
  const prompt = (i: number) => (model instanceof GPT2LMHeadModel ? texts[Math.floor(i / copies)] : '');
  return answers.map((answer, i) => ({ generated_text: prompt(i) + answer }));
}

async function textsOf(
  model: WritingModel,
  tokenizer: Tokenizer,
  texts: string[],
  call: GenerateArgs<object>,
): Promise<string[]> {
  if (model instanceof LlmToSlm) return (await model.generate({ text: texts, ...call })).texts ?? [];
  const rows = tokenizer.encode_batch(texts).map(({ ids }) => ids);
  const pad = tokenizer.special.pad ?? tokenizer.special.eos ?? 0;
  const prompt = padRows(rows, model instanceof GPT2LMHeadModel ? 'left' : 'right', pad);
  const extras: CallExtras = { tokenizer };
  return (await model.generate({ ...prompt, ...extras, ...call })).texts ?? [];
}
