/** `hybrid.json` and `projector.safetensors`: how a hybrid is put together → typed weights. */
import { FormatError, WeightError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { ConfigReader } from './config-reader.ts';
import type { Fusion } from './llm-to-slm.ts';
import type { Dense, ProjectorWeights } from './projector.ts';
import { type Loaded, readAll, type WeightReader, type WeightSource } from './weight-source.ts';

export interface HybridConfig {
  /** Folders, relative to the one that holds `hybrid.json`. */
  readonly llm: string;
  readonly slm: string;
  readonly projector: string;
  readonly fusion: Fusion;
  /** Put in front of every prompt's text. */
  readonly promptPrefix: string;
  /** Does the prompt end with the LLM's end token? */
  readonly promptEos: boolean;
}

const fusions = ['add', 'replace', 'none'] as const;

export function readHybridConfig(json: unknown, where = 'hybrid.json'): HybridConfig {
  const c = new ConfigReader(json, where);
  c.only('format', 'llm-to-slm');
  c.only('version', 1);
  c.only('prompt_tokenizer', 'llm'); // the mode "paired" would need a loader of its own
  c.only('projector_activation', 'relu', null);
  // Told by the weights themselves; written for people.
  c.inert('slm_type', 'd_llm', 'd_slm', 'prompt_embedding', 'source_language', 'target_language');
  const config: HybridConfig = {
    llm: c.text('llm', 'llm'),
    slm: c.text('slm', 'slm'),
    projector: c.text('projector', 'projector.safetensors'),
    fusion: c.oneOf('fusion', fusions, 'add'),
    promptPrefix: c.text('prompt_prefix', ''),
    promptEos: c.flag('prompt_eos', true),
  };
  c.finish();
  return config;
}

/** The part between the two models. */
export interface BridgeParts {
  readonly projector?: ProjectorWeights;
  readonly promptEmbedding?: Dense;
}

/** Widths of the two models. */
export interface BridgeSizes {
  readonly dLlm: number;
  readonly dSlm: number;
}

/**
 * Loads `projector.{0,2}` and `prompt_embedding`. A hybrid whose small model has a token table of its own for the prompt
 * (`ownTable`, T5) has no prompt embedding; all others need one unless fusion 'replace' leaves E_X out.
 */
export function loadBridge(
  source: WeightSource,
  fusion: Fusion,
  sizes: BridgeSizes,
  ownTable: boolean,
): Promise<Loaded<BridgeParts>> {
  return readAll(source, (reader) => readBridge(reader, fusion, sizes, ownTable));
}

export async function readBridge(
  reader: WeightReader,
  fusion: Fusion,
  sizes: BridgeSizes,
  ownTable: boolean,
): Promise<BridgeParts> {
  const projector = await readProjector(reader, fusion, sizes);
  const promptEmbedding = ownTable ? undefined : await readPromptEmbedding(reader, fusion, sizes);
  return { projector, promptEmbedding };
}

async function readProjector(
  reader: WeightReader,
  fusion: Fusion,
  { dLlm, dSlm }: BridgeSizes,
): Promise<ProjectorWeights | undefined> {
  if (fusion === 'none' && !reader.has('projector.0.weight')) return undefined;
  const P = reader.rows('projector.0.weight') ?? dSlm; // its hidden width is its own affair
  return { first: await dense(reader, 'projector.0', P, dLlm), second: await dense(reader, 'projector.2', dSlm, P) };
}

async function readPromptEmbedding(
  reader: WeightReader,
  fusion: Fusion,
  { dLlm, dSlm }: BridgeSizes,
): Promise<Dense | undefined> {
  if (fusion === 'replace' && !reader.has('prompt_embedding.weight')) return undefined;
  return dense(reader, 'prompt_embedding', dSlm, dLlm);
}

async function dense(reader: WeightReader, name: string, out: number, from: number): Promise<Dense> {
  const weight: Tensor = await reader.take(`${name}.weight`, [out, from], 'linear [out, in]', { fine: true });
  return { weight, bias: await reader.take(`${name}.bias`, [out]) };
}

/** The fusion a call asks for, if the weights can do it. */
export function checkFusion(fusion: Fusion, { projector }: BridgeParts): Fusion {
  if (!fusions.includes(fusion)) {
    throw new FormatError(`"fusion" must be one of ${fusions.map((f) => `'${f}'`).join(', ')}, got ${String(fusion)}`);
  }
  if (fusion !== 'none' && projector === undefined) {
    throw new WeightError(`fusion '${fusion}' needs a projector, and this hybrid has none`, { hint: "fusion: 'none'" });
  }
  return fusion;
}
