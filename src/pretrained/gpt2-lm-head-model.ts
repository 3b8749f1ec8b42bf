import { OptionError, ShapeError } from '../errors.ts';
import { appending } from '../generate/appending.ts';
import { Gpt2Session } from '../generate/gpt2-session.ts';
import { KVCache } from '../generate/kv-cache.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { Where } from '../hub/open-files.ts';
import { crossEntropy } from '../kernels/cross-entropy.ts';
import { reshape } from '../kernels/reshape.ts';
import { slice } from '../kernels/slice.ts';
import { embedTokens, type Gpt2Weights, gpt2, unembed } from '../models/gpt2.ts';
import { type Gpt2Config, loadGpt2, readGpt2Config } from '../models/gpt2-weights.ts';
import { noCache } from '../models/layer-cache.ts';
import { keyMask, positions } from '../models/padding.ts';
import { type Observer, observers, runFor } from '../models/run.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';
import { Collector } from './collect.ts';
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
import { type Opened, TextModel } from './text-model.ts';

/** Labels that carry no loss. */
export const IGNORED = -100;

export interface Gpt2Prompt {
  readonly input_ids?: Ids;
  /** In place of token embeddings, [B T D]; positions are still added. */
  readonly inputs_embeds?: Tensor;
  /** [B T]; padding stands on the left. */
  readonly attention_mask?: MaskInput;
}

export interface Gpt2Inputs extends Gpt2Prompt {
  /** [B past+T]; positions count its real columns, so that a left-padded row computes what it computes alone. */
  readonly attention_mask?: MaskInput;
  /** A cache from an earlier call with `use_cache`; it grows in place. */
  readonly past_key_values?: KVCache;
  readonly use_cache?: boolean;
  readonly labels?: Ids;
  readonly output_hidden_states?: boolean;
  readonly output_attentions?: boolean;
  readonly observer?: Observer;
}

export interface Gpt2Output {
  readonly logits: Tensor; //                                                                  [B T V]
  /** Embeddings + positions, every layer; the last one after the final norm. */
  readonly hidden_states?: Tensor[]; //                                                        L+1 × [B T D]
  readonly attentions?: Tensor[]; //                                                           L × [B H T S]
  /** Mean −log p(labels[t+1]) over labels that are not −100. */
  readonly loss?: Tensor; //                                                                   [1]
  readonly past_key_values?: KVCache;
}

const forwardKeys = [
  'input_ids inputs_embeds attention_mask past_key_values use_cache labels output_hidden_states output_attentions observer',
].flatMap((line) => line.split(' '));

/** GPT-2 with its language-model head. */
export class GPT2LMHeadModel extends TextModel<Gpt2Prompt> {
  protected override readonly promptNames = ['input_ids', 'inputs_embeds', 'attention_mask'];
  readonly config: Gpt2Config;
  readonly weights: Gpt2Weights;

  constructor(
    config: Gpt2Config,
    weights: Gpt2Weights,
    tensors: readonly Tensor[],
    placement: Placement,
    generation?: GenerationConfigs,
  ) {
    super(placement, tensors, generation);
    this.config = config;
    this.weights = weights;
  }

  /** Loads `config.json` and `model.safetensors` (or its shards) from a folder, an id, an address or files. */
  static from_pretrained(where: Where, options: LoadOptions = {}): Promise<GPT2LMHeadModel> {
    return loadFrom(where, options, GPT2LMHeadModel.load);
  }

  /** The same from files that are open, onto a backend that is there. */
  static async load(files: ModelFiles, placement: Placement): Promise<GPT2LMHeadModel> {
    const json = await readConfig(files);
    const config = readGpt2Config(json, `config.json of ${files.name}`);
    const generation = { file: await readGenerationConfig(files), config: json };
    const { weights, tensors } = await withWeights(files, placement, (source) => loadGpt2(source, config));
    return new GPT2LMHeadModel(config, weights, tensors, placement, generation);
  }

  /**
   * One pass over all columns. The tensors of the result belong to the caller.
   *
   * Errors    ShapeError rows, masks or labels that do not fit, or more positions than the model has · NumericError ids
   */
  async forward(inputs: Gpt2Inputs): Promise<Gpt2Output> {
    this.checkLive('forward');
    checkKeys('forward', inputs, forwardKeys);
    checkFlags(inputs, flagNames);
    const { weights: w, backend, config } = this;
    checkCache(inputs.past_key_values, (c) => (c instanceof KVCache ? c : undefined), config.nLayers);
    const cache = inputs.past_key_values ?? (inputs.use_cache ? new KVCache(config.nLayers) : undefined);
    const past = cache?.length ?? 0;
    const { ids, embeds, B, T } = await this.#columns(inputs);
    this.#checkRoom(past + T);
    const mask = await readMask('attention_mask', inputs.attention_mask, B, past + T);
    const labels = inputs.labels && (await readLabels('labels', inputs.labels, config.vocabSize, IGNORED));
    if (labels !== undefined && (labels.length !== B || labels[0].length !== T)) {
      throw new ShapeError(`"labels" must be [${B}, ${T}], got [${labels.length}, ${labels[0].length}]`);
    }
    const collector = new Collector('decoder', 'ln_final.normalized', {
      hiddenStates: inputs.output_hidden_states ?? false,
      attentions: inputs.output_attentions ?? false,
    });
    const watched = inputs.output_hidden_states || inputs.output_attentions;
    const run = runFor(observers(inputs.observer, watched ? collector : undefined));

    const pass = () => {
      const x = embeds ?? embedTokens(w, idTensor(backend, ids));
      const logits = run.within('decoder', (inner) => {
        const caches = cache?.layers ?? w.blocks.map(() => noCache);
        const hidden = gpt2(inner, w, x, {
          positions: positions(backend, mask, B, past, T),
          mask: keyMask(backend, mask),
          caches,
        });
        return unembed(inner, w, hidden);
      });
      return {
        logits,
        ...(inputs.output_hidden_states && { hidden_states: collector.hiddenStates }),
        ...(inputs.output_attentions && { attentions: collector.attentions }),
        ...(labels && { loss: nextTokenLoss(logits, labels) }),
        ...(cache && { past_key_values: cache }),
      };
    };
    return scope(() => appending(cache, pass));
  }

  override async open(inputs: Gpt2Prompt & { readonly observer?: Observer }): Promise<Opened> {
    this.checkLive('generate');
    const { ids, embeds, B, T } = await this.#columns(inputs);
    this.#checkRoom(T);
    const mask = await readMask('attention_mask', inputs.attention_mask, B, T);
    const padded = mask?.findIndex((row) => row.at(-1) !== 1) ?? -1;
    if (padded >= 0) {
      throw new OptionError(`row ${padded} ends with padding: a decoder continues its last column`, {
        op: 'generate',
        hint: 'pad prompts on the left',
      });
    }
    const { weights, backend } = this;
    const session = scope(() => {
      const x = embeds ?? embedTokens(weights, idTensor(backend, ids));
      return new Gpt2Session(runFor(inputs.observer), weights, x, mask);
    });
    return { session, prompt: { ids, attention_mask: mask, embedded: embeds === undefined ? 0 : T } };
  }

  /** The new columns of a call: ids, or embeddings in their place. */
  async #columns({
    input_ids,
    inputs_embeds,
  }: Gpt2Inputs): Promise<{ ids: number[][]; embeds?: Tensor; B: number; T: number }> {
    if ((input_ids === undefined) === (inputs_embeds === undefined)) {
      throw new OptionError('give either "input_ids" or "inputs_embeds"', { op: 'GPT2LMHeadModel' });
    }
    if (inputs_embeds !== undefined) {
      checkEmbeds('inputs_embeds', inputs_embeds, this.config.dModel);
      const [B, T] = inputs_embeds.shape;
      return { ids: Array.from({ length: B }, () => []), embeds: inputs_embeds, B, T };
    }
    const ids = await readIds('input_ids', input_ids ?? [], this.config.vocabSize);
    return { ids, B: ids.length, T: ids[0].length };
  }

  #checkRoom(columns: number): void {
    const { nCtx } = this.config;
    if (columns > nCtx) {
      throw new ShapeError(`${columns} columns are more than the ${nCtx} positions of this model`, {
        expected: nCtx,
        got: columns,
      });
    }
  }
}

/** Mean −log p of each next token: logits of column t against the label of column t + 1. */
function nextTokenLoss(logits: Tensor, labels: readonly (readonly number[])[]): Tensor {
  const [B, T, V] = logits.shape;
  const rows = reshape(slice(logits, 1, 0, T - 1), [B * (T - 1), V]);
  const next = Int32Array.from(labels.flatMap((row) => row.slice(1)));
  return crossEntropy(rows, upload(logits.backend, next, { dtype: 'I32', shape: [next.length] }), { ignore: IGNORED });
}
