import { OptionError, ShapeError } from '../errors.ts';
import { appending } from '../generate/appending.ts';
import type { ResolvedOptions } from '../generate/option-table.ts';
import type { Prompt } from '../generate/prompt.ts';
import { T5Cache } from '../generate/t5-cache.ts';
import { T5Session } from '../generate/t5-session.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { Where } from '../hub/open-files.ts';
import { crossEntropy } from '../kernels/cross-entropy.ts';
import { reshape } from '../kernels/reshape.ts';
import { noCache, noCrossCache } from '../models/layer-cache.ts';
import { keyMask, type Mask } from '../models/padding.ts';
import { type Observer, observers, runFor } from '../models/run.ts';
import { embedTokens, type T5Weights, t5Decoder, unembed } from '../models/t5.ts';
import { loadT5, readT5Config, type T5Config } from '../models/t5-weights.ts';
import { scope } from '../tensor/scope.ts';
import { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';
import { Collector } from './collect.ts';
import { IGNORED } from './gpt2-lm-head-model.ts';
import {
  checkCache,
  checkEmbeds,
  checkFlags,
  flagNames,
  type Ids,
  idTensor,
  type MaskInput,
  readIds,
  readLabels,
  readMask,
} from './inputs.ts';
import { type LoadOptions, loadFrom, readConfig, readGenerationConfig, withWeights } from './load.ts';
import type { GenerationConfigs } from './model.ts';
import { checkKeys, type Placement } from './placement.ts';
import { encode, residentEncoder, type T5EncoderOutput } from './prompt-encoder.ts';
import { encoderKeys, readPrompt, type T5EncoderInputs } from './t5-encoder-model.ts';
import { type Opened, TextModel } from './text-model.ts';

export interface T5Prompt extends Pick<T5EncoderInputs, 'input_ids' | 'inputs_embeds' | 'attention_mask'> {
  /** An earlier result of the encoder, in place of a prompt. */
  readonly encoder_outputs?: Tensor | { readonly last_hidden_state: Tensor };
}

export interface T5Inputs extends T5EncoderInputs, T5Prompt {
  readonly decoder_input_ids?: Ids;
  readonly decoder_inputs_embeds?: Tensor;
  readonly decoder_attention_mask?: MaskInput; //                                              [B past+T]
  /** Target ids; −100 carries no loss. Without decoder inputs, the labels shifted right are read. */
  readonly labels?: Ids;
  readonly past_key_values?: T5Cache;
  readonly use_cache?: boolean;
}

export interface T5Output {
  readonly logits: Tensor; //                                                                  [B T V]
  readonly loss?: Tensor; //                                                                   [1]
  readonly encoder_last_hidden_state: Tensor; //                                               [B N D]
  readonly encoder_hidden_states?: Tensor[];
  readonly encoder_attentions?: Tensor[];
  readonly decoder_hidden_states?: Tensor[];
  readonly decoder_attentions?: Tensor[];
  readonly cross_attentions?: Tensor[]; //                                                     L × [B H T N]
  readonly past_key_values?: T5Cache;
}

const forwardKeys = [
  ...encoderKeys,
  ...'encoder_outputs decoder_input_ids decoder_inputs_embeds decoder_attention_mask labels past_key_values use_cache'.split(
    ' ',
  ),
];

/** T5 with encoder, decoder and language-model head. */
export class T5ForConditionalGeneration extends TextModel<T5Prompt> {
  protected override readonly promptNames = ['input_ids', 'inputs_embeds', 'attention_mask', 'encoder_outputs'];
  readonly config: T5Config;
  readonly weights: T5Weights;

  constructor(
    config: T5Config,
    weights: T5Weights,
    tensors: readonly Tensor[],
    placement: Placement,
    generation?: GenerationConfigs,
  ) {
    super(placement, tensors, generation);
    this.config = config;
    this.weights = weights;
  }

  /** Loads `config.json` and `model.safetensors` (or its shards) from a folder, an id, an address or files. */
  static from_pretrained(where: Where, options: LoadOptions = {}): Promise<T5ForConditionalGeneration> {
    return loadFrom(where, options, T5ForConditionalGeneration.load);
  }

  /** The same from files that are open, onto a backend that is there. */
  static async load(files: ModelFiles, placement: Placement): Promise<T5ForConditionalGeneration> {
    const json = await readConfig(files);
    const config = readT5Config(json, `config.json of ${files.name}`);
    const generation = { file: await readGenerationConfig(files), config: json };
    const { weights, tensors } = await withWeights(files, placement, (source) => loadT5(source, config));
    return new T5ForConditionalGeneration(config, weights, tensors, placement, generation);
  }

  /** One pass of encoder (unless its output is given) and decoder. The tensors of the result belong to the caller. */
  async forward(inputs: T5Inputs): Promise<T5Output> {
    this.checkLive('forward');
    checkKeys('forward', inputs, forwardKeys);
    checkFlags(inputs, flagNames);
    const encoded = await this.encode(inputs);
    try {
      return await this.#decode(inputs, encoded);
    } catch (error) {
      if (inputs.encoder_outputs === undefined) free(encoded.output);
      throw error;
    }
  }

  /** The decoder's part of a call. */
  async #decode(inputs: T5Inputs, encoded: Encoded): Promise<T5Output> {
    const { weights: w, backend, config } = this;
    const H = encoded.output.last_hidden_state;
    const labels = inputs.labels && (await readLabels('labels', inputs.labels, config.vocabSize, IGNORED));
    const ids = await this.#decoderIds(inputs, labels);
    const B = H.shape[0];
    const T = ids?.[0].length ?? inputs.decoder_inputs_embeds?.shape[1] ?? 0;
    const rows = ids?.length ?? inputs.decoder_inputs_embeds?.shape[0];
    if (rows !== B)
      throw new ShapeError(`the decoder has ${rows} rows and the encoder ${B}`, { op: 'T5', expected: B, got: rows });
    if (labels !== undefined && (labels.length !== B || labels[0].length !== T)) {
      throw new ShapeError(`"labels" must be [${B}, ${T}], got [${labels.length}, ${labels[0].length}]`);
    }
    checkCache(inputs.past_key_values, (c) => (c instanceof T5Cache ? c.self : undefined), config.nDecoderLayers);
    const cache = inputs.past_key_values ?? (inputs.use_cache ? new T5Cache(config.nDecoderLayers, B) : undefined);
    const mask = await readMask('decoder_attention_mask', inputs.decoder_attention_mask, B, (cache?.length ?? 0) + T);
    const wanted = {
      hiddenStates: inputs.output_hidden_states ?? false,
      attentions: inputs.output_attentions ?? false,
    };
    const collector = new Collector('decoder', 'ln_final.normalized', wanted);
    const run = runFor(observers(inputs.observer, wanted.hiddenStates || wanted.attentions ? collector : undefined));

    const pass = () => {
      const x = inputs.decoder_inputs_embeds ?? embedTokens(w, idTensor(backend, ids ?? []));
      const logits = run.within('decoder', (inner) => {
        const hidden = t5Decoder(inner, w.decoder, x, {
          encoded: H,
          encoderMask: keyMask(backend, encoded.mask),
          mask: keyMask(backend, mask),
          caches: cache?.self.layers ?? w.decoder.blocks.map(() => noCache),
          cross: cache?.cross ?? noCrossCache,
        });
        return unembed(inner, w, hidden);
      });
      const { hidden_states, attentions } = encoded.output;
      return {
        logits,
        ...(labels && { loss: labelLoss(logits, labels) }),
        encoder_last_hidden_state: H,
        ...(hidden_states && { encoder_hidden_states: hidden_states, decoder_hidden_states: collector.hiddenStates }),
        ...(attentions && {
          encoder_attentions: attentions,
          decoder_attentions: collector.attentions,
          cross_attentions: collector.crossAttentions,
        }),
        ...(cache && { past_key_values: cache }),
      };
    };
    try {
      return scope(() => appending(cache, pass));
    } catch (error) {
      if (inputs.past_key_values === undefined) cache?.dispose();
      throw error;
    }
  }

  /** The encoder's part of a call: run over the prompt, or taken from `encoder_outputs`. */
  async encode(inputs: T5Prompt & Omit<T5EncoderInputs, keyof T5Prompt>): Promise<Encoded> {
    this.checkLive('encode');
    const { encoder_outputs: given } = inputs;
    if (given === undefined) {
      const prompt = await readPrompt(inputs, this.config);
      return { output: await encode(residentEncoder(this.weights), prompt, inputs), mask: prompt.mask };
    }
    if (inputs.input_ids !== undefined || inputs.inputs_embeds !== undefined) {
      throw new OptionError('give either a prompt or "encoder_outputs", not both', { op: 'T5' });
    }
    const H = given instanceof Tensor ? given : given.last_hidden_state;
    checkEmbeds('encoder_outputs', H, this.config.dModel);
    const mask = await readMask('attention_mask', inputs.attention_mask, H.shape[0], H.shape[1]);
    return { output: { last_hidden_state: H }, mask };
  }

  async #decoderIds(inputs: T5Inputs, labels: number[][] | undefined): Promise<number[][] | undefined> {
    const { decoder_input_ids: ids, decoder_inputs_embeds: embeds } = inputs;
    if (ids !== undefined && embeds !== undefined) {
      throw new OptionError('give either "decoder_input_ids" or "decoder_inputs_embeds"', { op: 'T5' });
    }
    if (embeds !== undefined) {
      checkEmbeds('decoder_inputs_embeds', embeds, this.config.dModel);
      return undefined;
    }
    if (ids !== undefined) return readIds('decoder_input_ids', ids, this.config.vocabSize);
    if (labels === undefined)
      throw new OptionError('the decoder needs "decoder_input_ids", "decoder_inputs_embeds" or "labels"', { op: 'T5' });
    return shiftRight(labels, this.config);
  }

  override async open(
    inputs: T5Prompt & { readonly observer?: Observer },
    { decoder_start_token_id, bos_token_id }: StartOptions = { decoder_start_token_id: null, bos_token_id: null },
  ): Promise<Opened> {
    const { output, mask } = await this.encode(inputs);
    const encoded = performance.now();
    const H = output.last_hidden_state;
    const start = decoder_start_token_id ?? bos_token_id ?? this.config.decoderStartId;
    const owned = inputs.encoder_outputs === undefined ? [H] : [];
    const session = scope(() => new T5Session(runFor(inputs.observer), this.weights, H, mask, start, owned));
    return { session, prompt: startOnly(H.shape[0], start), encoded };
  }
}

/** A prompt that the encoder has read. */
interface Encoded {
  readonly output: T5EncoderOutput;
  readonly mask: Mask;
}

function free({ last_hidden_state, hidden_states = [], attentions = [] }: T5EncoderOutput): void {
  for (const tensor of [last_hidden_state, ...hidden_states, ...attentions]) tensor.dispose();
}

/** What decides the decoder's first token. */
export type StartOptions = Pick<ResolvedOptions, 'decoder_start_token_id' | 'bos_token_id'>;

/** The prompt of an encoder-decoder, as generation sees it: the decoder's first token in every row. */
export function startOnly(rows: number, start: number): Prompt {
  return { ids: Array.from({ length: rows }, () => [start]) };
}

/** What the decoder reads while it learns the labels: its start token, then the labels but the last. */
function shiftRight(labels: readonly (readonly number[])[], { decoderStartId, padId }: T5Config): number[][] {
  return labels.map((row) => [decoderStartId, ...row.slice(0, -1).map((id) => (id === IGNORED ? padId : id))]);
}

/** Mean −log p of each label at its own column. */
function labelLoss(logits: Tensor, labels: readonly (readonly number[])[]): Tensor {
  const flat = Int32Array.from(labels.flat());
  const rows = reshape(logits, [flat.length, -1]);
  return crossEntropy(rows, upload(logits.backend, flat, { dtype: 'I32', shape: [flat.length] }), { ignore: IGNORED });
}
