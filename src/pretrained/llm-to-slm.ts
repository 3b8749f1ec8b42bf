import { OptionError, ShapeError, StateError } from '../errors.ts';
import type { Session } from '../generate/session.ts';
import { T5Session } from '../generate/t5-session.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { Where } from '../hub/open-files.ts';
import { concat } from '../kernels/concat.ts';
import { crossEntropy } from '../kernels/cross-entropy.ts';
import { reshape } from '../kernels/reshape.ts';
import { slice } from '../kernels/slice.ts';
import {
  type BridgeParts,
  checkFusion,
  type HybridConfig,
  loadBridge,
  readHybridConfig,
} from '../models/bridge-weights.ts';
import * as gpt2 from '../models/gpt2.ts';
import { noCache, noCrossCache } from '../models/layer-cache.ts';
import { type BridgeWeights, type Fusion, type Baton as Handed, readPrompt } from '../models/llm-to-slm.ts';
import { keyMask, type Mask, positions } from '../models/padding.ts';
import { type Observer, type Run, runFor } from '../models/run.ts';
import * as t5 from '../models/t5.ts';
import { SafetensorsFile } from '../safetensors/file.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';
import { Checkpoint } from './checkpoint.ts';
import { GPT2LMHeadModel, IGNORED } from './gpt2-lm-head-model.ts';
import { type Ids, idTensor, type MaskInput, readIds, readLabels, readMask } from './inputs.ts';
import { type LoadOptions, loadFrom, modelTypeOf } from './load.ts';
import { LoadedModel } from './model.ts';
import { checkKeys, type Placement } from './placement.ts';
import { T5EncoderModel } from './t5-encoder-model.ts';
import { T5ForConditionalGeneration } from './t5-for-conditional-generation.ts';

export type SmallModel = GPT2LMHeadModel | T5ForConditionalGeneration;

export interface HybridPrompt {
  /** The LLM's token ids of the prompt, end token included. */
  readonly input_ids: Ids;
  /** [B N]; a GPT-2 small model needs its padding on the left. */
  readonly attention_mask?: MaskInput;
  /** In place of the fusion that the hybrid was trained with: for controls and lessons. */
  readonly fusion?: Fusion;
  readonly observer?: Observer;
}

export interface HybridInputs extends Partial<HybridPrompt> {
  /** A prompt that was read before; in place of `input_ids`. */
  readonly baton?: Baton;
  /** The response in the small model's ids; −100 where a row has ended. Row u of the logits predicts labels[u]. */
  readonly labels: Ids;
}

export interface HybridOutput {
  readonly logits: Tensor; //                                                                  [B U V]
  /** Mean −log p over labels that are not −100. */
  readonly loss: Tensor; //                                                                    [1]
}

/** A prompt that was read: what the large model hands over. Reusable; the large model is not run again. */
export class Baton implements Handed {
  readonly hidden?: Tensor;
  readonly projected?: Tensor;
  readonly prompt: Tensor;
  /** Padding of the prompt, one row a sequence. */
  readonly mask: Mask;

  constructor({ hidden, projected, prompt }: Handed, mask: Mask) {
    this.hidden = hidden;
    this.projected = projected;
    this.prompt = prompt;
    this.mask = mask;
  }

  dispose(): void {
    for (const tensor of [this.hidden, this.projected, this.prompt]) tensor?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const promptKeys = ['input_ids', 'attention_mask', 'fusion', 'observer'];

/** A frozen T5 encoder reads the prompt once; a projector hands over; a small GPT-2 or T5 writes. */
export class LlmToSlm extends LoadedModel {
  readonly config: HybridConfig;
  readonly llm: T5EncoderModel;
  readonly slm: SmallModel;
  readonly bridge: BridgeParts;

  constructor(
    config: HybridConfig,
    parts: { readonly llm: T5EncoderModel; readonly slm: SmallModel; readonly bridge: BridgeParts },
    tensors: readonly Tensor[],
    placement: Placement,
  ) {
    super(placement, tensors, parts.slm.generationConfigs);
    this.config = config;
    this.llm = parts.llm;
    this.slm = parts.slm;
    this.bridge = parts.bridge;
  }

  /** Loads `hybrid.json` and the three parts it names; of the LLM the encoder alone. */
  static from_pretrained(where: Where, options: LoadOptions = {}): Promise<LlmToSlm> {
    return loadFrom(where, options, LlmToSlm.load);
  }

  /** The same from files that are open, onto a backend that is there. */
  static async load(files: ModelFiles, placement: Placement): Promise<LlmToSlm> {
    const config = readHybridConfig(await files.json('hybrid.json'), `hybrid.json of ${files.name}`);
    const shared = { ...placement, ownsBackend: false };
    const made: LoadedModel[] = [];
    try {
      const llm = await T5EncoderModel.load(files.sub(config.llm), shared);
      made.push(llm);
      const slm = await loadSmall(files.sub(config.slm), shared);
      made.push(slm);
      const sizes = { dLlm: llm.config.dModel, dSlm: slm.config.dModel };
      const ownTable = slm instanceof T5ForConditionalGeneration;
      const file = await SafetensorsFile.open(await files.open(config.projector));
      try {
        const source = new Checkpoint(file, placement.backend, placement.dtype);
        const { weights: bridge, tensors } = await loadBridge(source, config.fusion, sizes, ownTable);
        return new LlmToSlm(config, { llm, slm, bridge }, tensors, placement);
      } finally {
        await file.close();
      }
    } catch (error) {
      for (const model of made) model.dispose();
      throw error;
    }
  }

  /** Reads a batch of prompts: one pass of the encoder and the projector, none at all with fusion 'none'. */
  async encode(inputs: HybridPrompt): Promise<Baton> {
    this.checkLive('encode');
    checkKeys('encode', inputs, promptKeys);
    const { backend } = this;
    const ids = await readIds('input_ids', inputs.input_ids, this.llm.config.vocabSize);
    const mask = await readMask('attention_mask', inputs.attention_mask, ids.length, ids[0].length);
    const weights = this.#bridgeWeights(inputs.fusion ?? this.config.fusion);
    const handed = scope(() =>
      readPrompt(runFor(inputs.observer), weights, idTensor(backend, ids), keyMask(backend, mask)),
    );
    return new Baton(handed, mask);
  }

  /** Logits and loss of a response, all of it at once. The tensors of the result belong to the caller. */
  async forward(inputs: HybridInputs): Promise<HybridOutput> {
    this.checkLive('forward');
    checkKeys('forward', inputs, [...promptKeys, 'baton', 'labels']);
    const { slm } = this;
    const labels = await readLabels('labels', inputs.labels, slm.config.vocabSize, IGNORED);
    const { baton, made } = await this.#baton(inputs);
    const B = baton.prompt.shape[0];
    if (labels.length !== B)
      throw new ShapeError(`"labels" has ${labels.length} rows and the prompt ${B}`, { expected: B });
    const run = runFor(inputs.observer);
    try {
      return scope(() => {
        const logits =
          slm instanceof GPT2LMHeadModel ? respondGpt2(run, slm, baton, labels) : respondT5(run, slm, baton, labels);
        const flat = Int32Array.from(labels.flat());
        const target = upload(this.backend, flat, { dtype: 'I32', shape: [flat.length] });
        return { logits, loss: crossEntropy(reshape(logits, [flat.length, -1]), target, { ignore: IGNORED }) };
      });
    } finally {
      if (made) baton.dispose();
    }
  }

  /** Hands the baton to the small model, which is then ready to write; the way into everything that `generate` does. */
  async open(
    inputs: Partial<HybridPrompt> & { readonly baton?: Baton },
    start?: number,
  ): Promise<{ session: Session; rows: number; columns: number }> {
    this.checkLive('generate');
    const { baton, made } = await this.#baton(inputs);
    const [rows, columns] = baton.prompt.shape;
    const run = runFor(inputs.observer);
    const { slm } = this;
    try {
      if (slm instanceof GPT2LMHeadModel) {
        const { session } = await slm.open({
          inputs_embeds: baton.prompt,
          attention_mask: rowsOf(baton.mask),
          observer: inputs.observer,
        });
        return { session, rows, columns };
      }
      const encoded = scope(() => encodeSmall(run, slm, baton));
      const session = scope(
        () => new T5Session(run, slm.weights, encoded, baton.mask, start ?? slm.config.decoderStartId, [encoded]),
      );
      return { session, rows, columns: 1 };
    } finally {
      if (made) baton.dispose();
    }
  }

  override dispose(): void {
    this.llm.dispose();
    this.slm.dispose();
    super.dispose();
  }

  override memoryFootprint(): number {
    return super.memoryFootprint() + this.llm.memoryFootprint() + this.slm.memoryFootprint();
  }

  async #baton(inputs: Partial<HybridPrompt> & { readonly baton?: Baton }): Promise<{ baton: Baton; made: boolean }> {
    const { baton, input_ids, attention_mask, fusion, observer } = inputs;
    if ((baton === undefined) === (input_ids === undefined)) {
      throw new OptionError('give either "input_ids" or "baton"', { op: 'LlmToSlm' });
    }
    if (input_ids !== undefined)
      return { baton: await this.encode({ input_ids, attention_mask, fusion, observer }), made: true };
    if (!(baton instanceof Baton))
      throw new StateError('"baton" must come from encode()', { op: 'LlmToSlm', got: baton });
    if (fusion !== undefined || attention_mask !== undefined) {
      throw new OptionError('"fusion" and "attention_mask" belong to encode(): the baton has them', { op: 'LlmToSlm' });
    }
    return { baton, made: false };
  }

  #bridgeWeights(fusion: Fusion): BridgeWeights {
    const { llm, slm, bridge } = this;
    const own = slm instanceof GPT2LMHeadModel ? llm.weights.tokenEmbedding : slm.weights.tokenEmbedding;
    return { llm: llm.weights, promptTable: own, ...bridge, fusion: checkFusion(fusion, bridge) };
  }
}

async function loadSmall(files: ModelFiles, placement: Placement): Promise<SmallModel> {
  const type = modelTypeOf(await files.json('config.json'));
  return type === 'gpt2' ? GPT2LMHeadModel.load(files, placement) : T5ForConditionalGeneration.load(files, placement);
}

/** GPT-2 reads X_in, then the response: row u comes from the column before labels[u]. */
function respondGpt2(run: Run, { weights: w }: GPT2LMHeadModel, baton: Baton, labels: number[][]): Tensor {
  const { backend } = baton.prompt;
  const [B, N] = baton.prompt.shape;
  const U = labels[0].length;
  const mask = labels.map((row, b) =>
    Uint8Array.of(...(baton.mask?.[b] ?? new Array(N).fill(1)), ...row.map((id) => (id === IGNORED ? 0 : 1))),
  );
  const response = gpt2.embedTokens(w, idTensor(backend, withoutIgnored(labels, 0)));
  return run.within('decoder', (inner) => {
    const hidden = gpt2.gpt2(inner, w, concat([baton.prompt, response], 1), {
      positions: positions(backend, mask, B, 0, N + U),
      mask: keyMask(backend, mask),
      caches: w.blocks.map(() => noCache),
    }); //                                                                                     [B N+U D]
    return gpt2.unembed(inner, w, slice(hidden, 1, N - 1, N + U - 1)); //                      [B U V]
  });
}

/** T5 reads X_in with its own encoder; its decoder reads the response shifted right. */
function respondT5(
  run: Run,
  { weights: w, config }: T5ForConditionalGeneration,
  baton: Baton,
  labels: number[][],
): Tensor {
  const { backend } = baton.prompt;
  const encoded = encodeSmall(run, { weights: w }, baton);
  const shifted = withoutIgnored(labels, config.padId).map((row) => [config.decoderStartId, ...row.slice(0, -1)]);
  return run.within('decoder', (inner) => {
    const hidden = t5.t5Decoder(inner, w.decoder, t5.embedTokens(w, idTensor(backend, shifted)), {
      encoded,
      encoderMask: keyMask(backend, baton.mask),
      caches: w.decoder.blocks.map(() => noCache),
      cross: noCrossCache,
    }); //                                                                                     [B U D]
    return t5.unembed(inner, w, hidden); //                                                    [B U V]
  });
}

/** A T5 small model's own encoder over X_in; its taps are told apart from the LLM's. */
function encodeSmall(run: Run, { weights }: Pick<T5ForConditionalGeneration, 'weights'>, baton: Baton): Tensor {
  const mask = keyMask(baton.prompt.backend, baton.mask);
  return run.within('slm_encoder', (inner) => t5.t5Encoder(inner, weights.encoder, baton.prompt, mask));
}

function withoutIgnored(labels: readonly (readonly number[])[], id: number): number[][] {
  return labels.map((row) => row.map((label) => (label === IGNORED ? id : label)));
}

function rowsOf(mask: Mask): number[][] | undefined {
  return mask?.map((row) => Array.from(row));
}
