import { OptionError } from '../errors.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { Where } from '../hub/open-files.ts';
import { keyMask, type Mask } from '../models/padding.ts';
import { type Observer, observers, type Run, runFor } from '../models/run.ts';
import { embedTokens, type T5EncoderWeights, t5Encoder } from '../models/t5.ts';
import { loadT5Encoder, readT5Config, type T5Config } from '../models/t5-weights.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Collector } from './collect.ts';
import { checkEmbeds, checkFlags, flagNames, type Ids, idTensor, type MaskInput, readIds, readMask } from './inputs.ts';
import { type LoadOptions, loadFrom, withWeights } from './load.ts';
import { LoadedModel } from './model.ts';
import { checkKeys, type Placement } from './placement.ts';

export interface T5EncoderInputs {
  readonly input_ids?: Ids;
  /** In place of token embeddings, [B N D]. */
  readonly inputs_embeds?: Tensor;
  readonly attention_mask?: MaskInput; //                                                      [B N]
  readonly output_hidden_states?: boolean;
  readonly output_attentions?: boolean;
  readonly observer?: Observer;
}

export interface T5EncoderOutput {
  /** H, after the final norm. */
  readonly last_hidden_state: Tensor; //                                                       [B N D]
  /** Embeddings, every layer; the last one after the final norm. */
  readonly hidden_states?: Tensor[]; //                                                        L+1 × [B N D]
  readonly attentions?: Tensor[]; //                                                           L × [B H N N]
}

export const encoderKeys = [
  'input_ids inputs_embeds attention_mask output_hidden_states output_attentions observer',
].flatMap((line) => line.split(' '));

/** The encoder of T5 alone: what a hybrid needs of its large model. */
export class T5EncoderModel extends LoadedModel {
  readonly config: T5Config;
  readonly weights: T5EncoderWeights;

  constructor(config: T5Config, weights: T5EncoderWeights, tensors: readonly Tensor[], placement: Placement) {
    super(placement, tensors);
    this.config = config;
    this.weights = weights;
  }

  /** Loads `config.json` and the encoder's part of `model.safetensors`; a decoder in the file stays on disk. */
  static from_pretrained(where: Where, options: LoadOptions = {}): Promise<T5EncoderModel> {
    return loadFrom(where, options, T5EncoderModel.load);
  }

  /** The same from files that are open, onto a backend that is there. */
  static async load(files: ModelFiles, placement: Placement): Promise<T5EncoderModel> {
    const config = readT5Config(await files.json('config.json'), `config.json of ${files.name}`);
    const { weights, tensors } = await withWeights(files, placement, (source) => loadT5Encoder(source, config));
    return new T5EncoderModel(config, weights, tensors, placement);
  }

  /** Reads a batch of prompts. The tensors of the result belong to the caller. */
  async forward(inputs: T5EncoderInputs): Promise<T5EncoderOutput> {
    this.checkLive('forward');
    checkKeys('forward', inputs, encoderKeys);
    checkFlags(inputs, flagNames);
    const prompt = await readPrompt(inputs, this.config);
    return scope(() => encode(this.weights, prompt, inputs));
  }
}

/** A checked prompt: ids or embeddings, and the mask. */
export interface Prompt {
  readonly ids: number[][];
  readonly embeds?: Tensor;
  readonly mask: Mask;
}

export async function readPrompt(
  { input_ids, inputs_embeds, attention_mask }: Pick<T5EncoderInputs, 'input_ids' | 'inputs_embeds' | 'attention_mask'>,
  config: T5Config,
): Promise<Prompt> {
  if ((input_ids === undefined) === (inputs_embeds === undefined)) {
    throw new OptionError('give either "input_ids" or "inputs_embeds"', { op: 'T5' });
  }
  if (inputs_embeds !== undefined) {
    checkEmbeds('inputs_embeds', inputs_embeds, config.dModel);
    const [B, N] = inputs_embeds.shape;
    return { ids: [], embeds: inputs_embeds, mask: await readMask('attention_mask', attention_mask, B, N) };
  }
  const ids = await readIds('input_ids', input_ids ?? [], config.vocabSize);
  return { ids, mask: await readMask('attention_mask', attention_mask, ids.length, ids[0].length) };
}

/** Runs the encoder over a checked prompt, collecting what is asked for. Call it inside a scope. */
export function encode(
  w: T5EncoderWeights,
  { ids, embeds, mask }: Prompt,
  {
    output_hidden_states,
    output_attentions,
    observer,
  }: Pick<T5EncoderInputs, 'output_hidden_states' | 'output_attentions' | 'observer'>,
): T5EncoderOutput {
  const { backend } = w.tokenEmbedding;
  const wanted = { hiddenStates: output_hidden_states ?? false, attentions: output_attentions ?? false };
  const collector = new Collector('encoder', 'final_norm', wanted);
  const run: Run = runFor(observers(observer, wanted.hiddenStates || wanted.attentions ? collector : undefined));
  const x = embeds ?? embedTokens(w, idTensor(backend, ids));
  const hidden = run.within('encoder', (inner) => t5Encoder(inner, w.encoder, x, keyMask(backend, mask)));
  return {
    last_hidden_state: hidden,
    ...(wanted.hiddenStates && { hidden_states: collector.hiddenStates }),
    ...(wanted.attentions && { attentions: collector.attentions }),
  };
}
