import type { Command } from 'commander';
import {
  type AnyModel,
  AutoTokenizer,
  LlmToSlm,
  LoadError,
  OptionError,
  openFiles,
  type Tokenizer,
  verified,
} from '../../../src/index.node.ts';
import { addGenerateOptions, type GenerateFlags } from '../generate-options.ts';
import { readInputs } from '../inputs.ts';
import { signal } from '../interrupt.ts';
import { addModelOptions, loadModel, type ModelFlags } from '../model-options.ts';
import { addOutputOptions } from '../output-options.ts';
import { promptsFrom } from '../prompts.ts';
import { print, printJson, printLine } from '../terminal.ts';
import { type Answer, answerInputs, answerText, streams, streamText, type Writer, writingModel } from '../writer.ts';

interface Flags extends ModelFlags {
  readonly file?: string;
  readonly inputs?: string;
  readonly json?: boolean;
}

export function addGenerate(program: Command): void {
  const command = program
    .command('generate')
    .description('writes an answer to every prompt, or a continuation of it')
    .argument('[text...]', 'prompts; without them and --file the lines of stdin')
    .option('--file <file>', 'prompts, one a line')
    .option('--inputs <file>', 'token ids instead of text: JSON {"input_ids": [[…]], …} or safetensors');
  addOutputOptions(addModelOptions(command));
  const optionsOf = addGenerateOptions(command);
  command.action((texts: string[], parsed: Flags & GenerateFlags) => generate(texts, parsed, optionsOf(parsed)));
}

async function generate(texts: readonly string[], flags: Flags, options: GenerateFlags): Promise<void> {
  if (flags.inputs !== undefined && (texts.length > 0 || flags.file !== undefined)) {
    throw new OptionError('--inputs takes the place of texts and --file');
  }
  const began = performance.now();
  const { model } = await loadModel(flags);
  const tokenizer = await tokenizerOf(model, flags);
  const writer: Writer = {
    model: writingModel(model),
    tokenizer,
    options,
    fusion: flags.fusion,
    load_ms: performance.now() - began,
    dtype: model.dtype,
  };
  if (flags.inputs !== undefined) {
    for (const answer of await answerInputs(writer, await readInputs(flags.inputs, model.backend))) {
      await show(answer, flags);
    }
    return;
  }
  const live = !flags.json && streams(writer);
  for await (const text of promptsFrom(texts, flags.file)) {
    signal.throwIfAborted();
    if (!live) {
      await show(await answerText(writer, text), flags);
      continue;
    }
    for await (const piece of streamText(writer, text)) await print(piece);
    await print('\n');
  }
}

/** A text a line; ids where nothing can make text of them. */
async function show(answer: Answer, { json = false }: Flags): Promise<void> {
  if (json) return printJson(answer);
  const { text, sequences } = answer;
  if (text === null) for (const row of sequences) await printLine(row.join(' '));
  else for (const one of typeof text === 'string' ? [text] : text) await printLine(one);
}

/** What reads prompts and writes answers; a hybrid has its own. With --inputs a folder needs none. */
async function tokenizerOf(model: AnyModel, { model: dir, inputs, verify }: Flags): Promise<Tokenizer | undefined> {
  if (model instanceof LlmToSlm) return undefined;
  try {
    const files = await openFiles(dir, { signal });
    return await AutoTokenizer.from_pretrained(verify ? await verified(files) : files);
  } catch (error) {
    if (inputs !== undefined && !verify && error instanceof LoadError) return undefined;
    throw error;
  }
}
