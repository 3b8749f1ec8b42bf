import type { Command } from 'commander';
import {
  type AnyModel,
  GPT2LMHeadModel,
  type HybridInputs,
  LlmToSlm,
  type Observer,
  OptionError,
  saveSafetensors,
  T5EncoderModel,
  Tensor,
  type TensorToWrite,
} from '../../../src/index.node.ts';
import { type Inputs, readInputs } from '../inputs.ts';
import { addModelOptions, loadModel, type ModelFlags } from '../model-options.ts';
import { addOutputOptions } from '../output-options.ts';
import { Recorder } from '../recorder.ts';
import { addRequired } from '../required.ts';
import { count, note, printJson } from '../terminal.ts';

interface ForwardFlags extends ModelFlags {
  readonly inputs: string;
  readonly output: string;
  readonly taps?: string[];
  readonly json?: boolean;
}

export function addForward(program: Command): void {
  const command = program
    .command('forward')
    .description('one forward pass: logits, hidden states, attentions and any tap, as F32 in a safetensors file');
  addRequired(command, '--inputs <file>', 'arguments of the model by name: safetensors, or JSON');
  addRequired(command, '--output <file>', 'where the results go: safetensors');
  command.option('--taps <globs>', 'more values by name, * for anything: "decoder.*.attn.scores,projector.*"', (text) =>
    text.split(',').filter((glob) => glob !== ''),
  );
  addOutputOptions(addModelOptions(command)).action(forward);
}

async function forward(flags: ForwardFlags): Promise<void> {
  const { model } = await loadModel(flags);
  const inputs = await readInputs(flags.inputs, model.backend);
  const recorder = new Recorder(flags.taps ?? []);
  const output = await pass(model, flags.fusion === undefined ? inputs : { ...inputs, fusion: flags.fusion }, recorder);
  const tensors = [...(await Promise.all(named(output).map(toWrite))), ...(await recorder.taken())];
  await saveSafetensors(flags.output, tensors);
  note(`${count(tensors.length, 'tensor')} in ${flags.output}`);
  if (!flags.json) return;
  const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
  await printJson({ output: flags.output, tensors: shapes });
}

/** One pass of any model; the engine itself checks the names and values of the inputs. */
async function pass(model: AnyModel, inputs: Inputs, observer: Observer): Promise<object> {
  if (model instanceof LlmToSlm) return passHybrid(model, inputs, observer);
  const all = { ...inputs, output_hidden_states: true, output_attentions: true, observer };
  if (model instanceof GPT2LMHeadModel || model instanceof T5EncoderModel) return model.forward(all);
  return model.forward(all);
}

/** The prompt's part always, the response's where the inputs have `labels`. */
async function passHybrid(model: LlmToSlm, inputs: Inputs, observer: Observer): Promise<object> {
  const { labels, ...prompt } = inputs;
  const baton = await model.encode({ ...prompt, observer });
  const response = labels === undefined ? {} : await model.forward({ baton, labels, observer } as HybridInputs);
  return { ...response, encoder_last_hidden_state: baton.hidden, projected: baton.projected, prompt: baton.prompt };
}

/** Tensors by name; those of a list are numbered. A cache is none. */
function named(output: object): [string, Tensor][] {
  return Object.entries(output).flatMap(([name, value]): [string, Tensor][] => {
    if (value instanceof Tensor) return [[name, value]];
    if (!Array.isArray(value)) return [];
    return value.map((each, i): [string, Tensor] => {
      if (each instanceof Tensor) return [`${name}.${i}`, each];
      throw new OptionError(`"${name}" holds no tensors`);
    });
  });
}

async function toWrite([name, value]: [string, Tensor]): Promise<TensorToWrite> {
  return { name, dtype: 'F32', shape: value.shape, data: await value.readFloats() };
}
