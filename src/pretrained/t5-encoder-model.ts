import { OptionError } from '../errors.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { Where } from '../hub/open-files.ts';
import type { Observer } from '../models/run.ts';
import { loadT5Encoder, readT5Config, type T5Config } from '../models/t5-weights.ts';
import type { Loaded } from '../models/weight-source.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HeldFiles } from './held-files.ts';
import {
  checkEmbeds,
  checkFlags,
  checkSignal,
  flagNames,
  type Ids,
  type MaskInput,
  readIds,
  readMask,
} from './inputs.ts';
import { type LoadOptions, loadFrom, withWeights } from './load.ts';
import { LoadedModel } from './model.ts';
import { checkKeys, type Placement } from './placement.ts';
import { encode, type Prompt, type PromptEncoder, residentEncoder, type T5EncoderOutput } from './prompt-encoder.ts';
import { openStreamed } from './streamed-encoder.ts';

export interface T5EncoderInputs {
  readonly input_ids?: Ids;
  /** In place of token embeddings, [B N D]. */
  readonly inputs_embeds?: Tensor;
  readonly attention_mask?: MaskInput; //                                                      [B N]
  readonly output_hidden_states?: boolean;
  readonly output_attentions?: boolean;
  readonly observer?: Observer;
}

export const encoderKeys = [
  'input_ids inputs_embeds attention_mask output_hidden_states output_attentions observer',
].flatMap((line) => line.split(' '));

/** The encoder of T5 alone: what a hybrid needs of its large model. */
export class T5EncoderModel extends LoadedModel {
  readonly config: T5Config;
  readonly encoder: PromptEncoder;
  readonly #held?: HeldFiles;

  constructor(config: T5Config, encoder: PromptEncoder, tensors: readonly Tensor[], placement: Placement) {
    super(placement, tensors);
    this.config = config;
    this.encoder = encoder;
    this.#held = placement.held;
  }

  /**
   * Loads `config.json` and the encoder's part of `model.safetensors`; a decoder in the file stays on disk, and with
   * `stream_encoder` so does the encoder.
   */
  static from_pretrained(where: Where, options: LoadOptions = {}): Promise<T5EncoderModel> {
    return loadFrom(where, options, T5EncoderModel.load);
  }

  /** The same from files that are open, onto a backend that is there. */
  static async load(files: ModelFiles, placement: Placement): Promise<T5EncoderModel> {
    const config = readT5Config(await files.json('config.json'), `config.json of ${files.name}`);
    const { weights: encoder, tensors } =
      placement.held === undefined
        ? await loadResident(files, placement, config)
        : await openStreamed(files, placement, placement.held, config);
    return new T5EncoderModel(config, encoder, tensors, placement);
  }

  /**
   * Reads a batch of prompts. The tensors of the result belong to the caller. A signal ends the call between two layers
   * where these come from a file, and before the pass where they are in memory.
   */
  async forward(inputs: T5EncoderInputs & { readonly signal?: AbortSignal }): Promise<T5EncoderOutput> {
    this.checkLive('forward');
    checkKeys('forward', inputs, [...encoderKeys, 'signal']);
    checkFlags(inputs, flagNames);
    checkSignal('forward', inputs.signal);
    return encode(this.encoder, await readPrompt(inputs, this.config), inputs);
  }

  override dispose(): void {
    this.#held?.close();
    super.dispose();
  }
}

async function loadResident(files: ModelFiles, placement: Placement, config: T5Config): Promise<Loaded<PromptEncoder>> {
  const { weights, tensors } = await withWeights(files, placement, (source) => loadT5Encoder(source, config));
  return { weights: residentEncoder(weights), tensors };
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
