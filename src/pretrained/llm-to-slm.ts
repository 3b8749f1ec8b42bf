import { LoadError, OptionError, ShapeError } from '../errors.ts';
import { T5Session } from '../generate/t5-session.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { Where } from '../hub/open-files.ts';
import { crossEntropy } from '../kernels/cross-entropy.ts';
import { reshape } from '../kernels/reshape.ts';
import {
  type BridgeParts,
  checkFusion,
  type HybridConfig,
  loadBridge,
  readHybridConfig,
} from '../models/bridge-weights.ts';
import { type BridgeWeights, type Fusion, handOver } from '../models/llm-to-slm.ts';
import { type Lookup, lookUp } from '../models/lookup.ts';
import type { Mask } from '../models/padding.ts';
import { type Observer, type Run, runFor } from '../models/run.ts';
import { SafetensorsFile } from '../safetensors/file.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { Baton } from './baton.ts';
import type { Checkpoint } from './checkpoint.ts';
import { GPT2LMHeadModel, IGNORED } from './gpt2-lm-head-model.ts';
import { encodeSmall, respond } from './hybrid-response.ts';
import { checkSignal, type Ids, idTensor, type MaskInput, readIds, readLabels, readMask } from './inputs.ts';
import { type LoadOptions, loadFrom, modelTypeOf, withWeights } from './load.ts';
import type { LoadedModel } from './model.ts';
import { type Padded, padRows, readTexts } from './padded.ts';
import { checkKeys, type Placement } from './placement.ts';
import { T5EncoderModel } from './t5-encoder-model.ts';
import { type StartOptions, startOnly, T5ForConditionalGeneration } from './t5-for-conditional-generation.ts';
import { type CallExtras, type Opened, TextModel } from './text-model.ts';
import { tokenizerOf } from './tokenizers.ts';
import { loadTokensAlone } from './tokens-alone.ts';

export type SmallModel = GPT2LMHeadModel | T5ForConditionalGeneration;

export interface HybridPrompt {
  /** The LLM's token ids of the prompt, end token included. */
  readonly input_ids?: Ids;
  /** [B N]; a GPT-2 small model needs its padding on the left. */
  readonly attention_mask?: MaskInput;
  /** Prompts as text, in place of ids: tokenized, ended and padded as this hybrid was trained. */
  readonly text?: string | readonly string[];
  /** In place of the fusion that the hybrid was trained with: for controls and lessons. */
  readonly fusion?: Fusion;
}

export interface HybridArgs extends HybridPrompt {
  /** A prompt that was read before; in place of ids or text. The LLM is not run again. */
  readonly baton?: Baton;
}

export interface HybridInputs extends HybridArgs {
  /** The response in the small model's ids; −100 where a row has ended. Row u of the logits predicts labels[u]. */
  readonly labels: Ids;
  readonly observer?: Observer;
}

export interface HybridOutput {
  readonly logits: Tensor; //                                                                  [B U V]
  /** Mean −log p over labels that are not −100. */
  readonly loss: Tensor; //                                                                    [1]
}

/** A signal ends the reading of a prompt between two layers of a streamed encoder, and before it otherwise. */
type Hooks = Pick<CallExtras, 'observer' | 'signal'>;

const promptNames = ['input_ids', 'attention_mask', 'text', 'fusion'];
const argNames = [...promptNames, 'baton'];

/** The parts a hybrid is made of. */
interface Parts {
  readonly llm: T5EncoderModel;
  readonly slm: SmallModel;
  readonly bridge: BridgeParts;
  readonly promptTokenizer?: Tokenizer;
  readonly tokenizer?: Tokenizer;
}

/** A frozen T5 encoder reads the prompt once; a projector hands over; a small GPT-2 or T5 writes. */
export class LlmToSlm extends TextModel<HybridArgs> {
  protected override readonly promptNames = argNames;
  readonly config: HybridConfig;
  readonly llm: T5EncoderModel;
  readonly slm: SmallModel;
  readonly bridge: BridgeParts;
  /** The LLM's tokenizer, which prompts go through. */
  readonly promptTokenizer?: Tokenizer;
  override readonly tokenizer?: Tokenizer;

  constructor(config: HybridConfig, parts: Parts, tensors: readonly Tensor[], placement: Placement) {
    super(placement, tensors, parts.slm.generationConfigs);
    this.config = config;
    this.llm = parts.llm;
    this.slm = parts.slm;
    this.bridge = parts.bridge;
    this.promptTokenizer = parts.promptTokenizer;
    this.tokenizer = parts.tokenizer;
  }

  /** Loads `hybrid.json` and the parts it names; of the LLM the encoder alone. */
  static from_pretrained(where: Where, options: LoadOptions = {}): Promise<LlmToSlm> {
    return loadFrom(where, options, LlmToSlm.load);
  }

  /** The same from files that are open, onto a backend that is there. */
  static async load(files: ModelFiles, placement: Placement): Promise<LlmToSlm> {
    const config = readHybridConfig(await files.json('hybrid.json'), `hybrid.json of ${files.name}`);
    const shared = { ...placement, ownsBackend: false };
    const resident = { ...shared, held: undefined };
    const [llmFiles, slmFiles] = [files.sub(config.llm), files.sub(config.slm)];
    const promptTokenizer = await tokenizerOf(llmFiles);
    const tokenizer = await tokenizerOf(slmFiles);
    const made: LoadedModel[] = [];
    try {
      const slm = await loadSmall(slmFiles, resident);
      made.push(slm);
      const ownTable = slm instanceof T5ForConditionalGeneration;
      const reads = config.fusion !== 'none' || (await hasProjector(files, config));
      const llm = await (reads ? T5EncoderModel.load(llmFiles, shared) : loadTokensAlone(llmFiles, shared, !ownTable));
      made.push(llm);
      const sizes = { dLlm: llm.config.dModel, dSlm: slm.config.dModel };
      const bridgeOf = (source: Checkpoint) => loadBridge(source, config.fusion, sizes, ownTable);
      const none = !reads && ownTable && !(await files.has(config.projector));
      const { weights: bridge, tensors } = none
        ? { weights: {}, tensors: [] }
        : await withWeights(files, resident, bridgeOf, config.projector);
      return new LlmToSlm(config, { llm, slm, bridge, promptTokenizer, tokenizer }, tensors, placement);
    } catch (error) {
      for (const model of made) model.dispose();
      throw error;
    }
  }

  /** Reads a batch of prompts: one pass of the encoder and the projector, none at all with fusion 'none'. */
  async encode(inputs: HybridPrompt & Hooks): Promise<Baton> {
    this.checkLive('encode');
    checkKeys('encode', inputs, [...promptNames, 'observer', 'signal']);
    checkSignal('encode', inputs.signal);
    const prompt = inputs.text === undefined ? inputs : this.#tokenize(inputs);
    if (prompt.input_ids === undefined) throw new OptionError('give "input_ids" or "text"', { op: 'encode' });
    const ids = await readIds('input_ids', prompt.input_ids, this.llm.config.vocabSize);
    const mask = await readMask('attention_mask', prompt.attention_mask, ids.length, ids[0].length);
    const fusion = checkFusion(inputs.fusion ?? this.config.fusion, this.bridge);
    return this.#read(runFor(inputs.observer), { ...this.bridge, fusion }, ids, mask, inputs.signal);
  }

  /** Encoder, projector and fusion of a checked prompt. */
  async #read(run: Run, w: BridgeWeights, ids: number[][], mask: Mask, signal?: AbortSignal): Promise<Baton> {
    const { encoder } = this.llm;
    const own = this.#ownTable();
    const withOwn = (table: Tensor): Lookup => ({ table, ids: idTensor(this.backend, ids) });
    if (w.fusion === 'none' && own !== undefined) {
      return new Baton(
        scope(() => handOver(run, w, withOwn(own))),
        mask,
      );
    }
    const tokens = await encoder.tokens(ids, signal);
    let hidden: Tensor | undefined;
    try {
      if (w.fusion !== 'none') hidden = await encoder.read(run, () => lookUp(tokens), mask, { signal });
      return new Baton(
        scope(() => handOver(run, w, own === undefined ? tokens : withOwn(own), hidden)),
        mask,
      );
    } catch (error) {
      hidden?.dispose();
      throw error;
    } finally {
      tokens.dispose();
    }
  }

  /** What E_X is made of: T5 has a table of its own for the prompt, GPT-2 borrows the LLM's. */
  #ownTable(): Tensor | undefined {
    return this.slm instanceof GPT2LMHeadModel ? undefined : this.slm.weights.tokenEmbedding;
  }

  /** Logits and loss of a response, all of it at once. The tensors of the result belong to the caller. */
  async forward(inputs: HybridInputs): Promise<HybridOutput> {
    this.checkLive('forward');
    checkKeys('forward', inputs, [...argNames, 'labels', 'observer']);
    const { slm } = this;
    const labels = await readLabels('labels', inputs.labels, slm.config.vocabSize, IGNORED);
    const { baton, made } = await this.#baton(inputs);
    const run = runFor(inputs.observer);
    try {
      const B = baton.prompt.shape[0];
      if (labels.length !== B)
        throw new ShapeError(`"labels" has ${labels.length} rows and the prompt ${B}`, { expected: B });
      return scope(() => {
        const logits = respond(run, slm, baton, labels);
        const flat = Int32Array.from(labels.flat());
        const target = upload(this.backend, flat, { dtype: 'I32', shape: [flat.length] });
        return { logits, loss: crossEntropy(reshape(logits, [flat.length, -1]), target, { ignore: IGNORED }) };
      });
    } finally {
      if (made) baton.dispose();
    }
  }

  override async open(inputs: HybridArgs & Hooks, options?: StartOptions): Promise<Opened> {
    const { baton, made } = await this.#baton(inputs);
    const encoded = performance.now();
    const { slm } = this;
    try {
      if (slm instanceof GPT2LMHeadModel) {
        const attention_mask = baton.mask?.map((row) => Array.from(row));
        return {
          ...(await slm.open({ inputs_embeds: baton.prompt, attention_mask, observer: inputs.observer })),
          encoded,
        };
      }
      const run = runFor(inputs.observer);
      const H = scope(() => encodeSmall(run, slm, baton));
      const start = options?.decoder_start_token_id ?? options?.bos_token_id ?? slm.config.decoderStartId;
      const session = scope(() => new T5Session(run, slm.weights, H, baton.mask, start, [H]));
      return { session, prompt: startOnly(baton.prompt.shape[0], start), encoded };
    } finally {
      if (made) baton.dispose();
    }
  }

  override dispose(): void {
    this.llm.dispose();
    this.slm.dispose();
    super.dispose();
  }

  override get dtype(): string {
    return this.slm.dtype;
  }

  override memoryFootprint(): number {
    return super.memoryFootprint() + this.llm.memoryFootprint() + this.slm.memoryFootprint();
  }

  /** The baton of a call: given, or read from its prompt and then the call's own. */
  async #baton(inputs: HybridArgs & Hooks): Promise<{ baton: Baton; made: boolean }> {
    const { baton, input_ids, attention_mask, text, fusion, observer, signal } = inputs;
    if ([baton, input_ids, text].filter((given) => given !== undefined).length !== 1) {
      throw new OptionError('give one of "input_ids", "text" and "baton"', { op: 'LlmToSlm' });
    }
    if (baton === undefined)
      return { baton: await this.encode({ input_ids, attention_mask, text, fusion, observer, signal }), made: true };
    if (!(baton instanceof Baton))
      throw new OptionError('"baton" must come from encode()', { op: 'LlmToSlm', got: baton });
    if (fusion !== undefined || attention_mask !== undefined) {
      throw new OptionError('"fusion" and "attention_mask" belong to encode(): the baton has them', { op: 'LlmToSlm' });
    }
    return { baton, made: false };
  }

  /** Texts as the LLM reads them; padded on the left, where both kinds of small model can take it. */
  #tokenize({ text, input_ids, attention_mask }: HybridPrompt): Padded {
    const { promptTokenizer, config } = this;
    if (input_ids !== undefined || attention_mask !== undefined) {
      throw new OptionError('"text" stands in place of "input_ids" and "attention_mask"', { op: 'LlmToSlm' });
    }
    if (promptTokenizer === undefined) {
      throw new LoadError('"text" needs the tokenizer of the LLM, and its folder has none', {
        op: 'LlmToSlm',
        hint: 'give "input_ids"',
      });
    }
    const texts = readTexts(text).map((one) => config.promptPrefix + one);
    const rows = texts.map((one) => promptTokenizer.encode(one, { add_special_tokens: config.promptEos }).ids);
    return padRows(rows, 'left', this.llm.config.padId);
  }
}

/** Is there one, though nothing is fused unless a call asks for it? */
async function hasProjector(files: ModelFiles, { projector }: HybridConfig): Promise<boolean> {
  if (!(await files.has(projector))) return false;
  const file = await SafetensorsFile.open(await files.open(projector));
  await file.close();
  return file.tensors.has('projector.0.weight');
}

async function loadSmall(files: ModelFiles, placement: Placement): Promise<SmallModel> {
  const type = modelTypeOf(await files.json('config.json'));
  return type === 'gpt2' ? GPT2LMHeadModel.load(files, placement) : T5ForConditionalGeneration.load(files, placement);
}
