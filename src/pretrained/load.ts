import { openFiles } from '#open-files';
import { FormatError, LoadError, OptionError, show, UnsupportedOptionError } from '../errors.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { OpenOptions, Where } from '../hub/open-files.ts';
import { withProgress } from '../hub/progress.ts';
import type { ProgressCallback } from '../hub/tally.ts';
import { verified } from '../hub/verified.ts';
import { readHybridConfig } from '../models/bridge-weights.ts';
import type { Loaded } from '../models/weight-source.ts';
import { SafetensorsFile, type TensorFile } from '../safetensors/file.ts';
import { openShards, readIndex } from '../safetensors/shards.ts';
import { Checkpoint } from './checkpoint.ts';
import { HeldFiles } from './held-files.ts';
import type { LoadedModel } from './model.ts';
import { type BackendChoice, checkKeys, type Placement, placementOf } from './placement.ts';

export interface LoadOptions extends OpenOptions {
  /** What computes: 'reference' (float64 loops, slow and exact), 'wasm' (SIMD), or a backend. @default 'wasm', the fastest */
  readonly backend?: BackendChoice;
  /** Resident weights: 'f32', 'f16', 'bf16', 'int8' or 'int4' (in blocks, each with a scale; activations in 7 bits; tables, heads and projectors keep 8 bits). @default 'f32', or what is stored quantised as it is */
  readonly dtype?: string;
  /** Threads of the wasm backend; their number changes no bit. @default the cores of the machine */
  readonly threads?: number;
  /** The same bits on every machine; on 'wasm' at the price of speed. */
  readonly deterministic?: boolean;
  /**
   * Hybrids and T5 encoders: keep the large model's encoder in its file, and read it layer by layer for every prompt, the
   * next layer while this one computes. Memory then holds one layer as `dtype`, one as it is stored and the rows of the
   * token table that the prompt needs, whatever the size of the model; results are the same bits. Prompts given at once
   * take turns. An observer that wants a value beyond its layer has to `keep` it. Files stay open until `dispose`; a
   * server without ranges has the whole file downloaded into memory.
   * @default false
   */
  readonly stream_encoder?: boolean;
  readonly progress_callback?: ProgressCallback;
  /** Compare every file used with `manifest.json` of the folder, or of one above it, before anything is made of it. */
  readonly verify?: boolean;
}

type Disposed = Pick<LoadedModel, 'dispose'>;

const loadKeys = [
  'backend dtype threads deterministic stream_encoder progress_callback verify signal revision token cache_dir local_files_only fetch',
].flatMap((line) => line.split(' '));

/** Opens a model's files, builds the model from them, and closes them unless it reads on; no failure leaves anything behind. */
export async function loadFrom<T extends Disposed>(
  where: Where,
  options: LoadOptions,
  build: (files: ModelFiles, placement: Placement) => Promise<T>,
): Promise<T> {
  checkKeys('from_pretrained', options, loadKeys);
  const { backend, dtype, threads, deterministic, stream_encoder = false, ...rest } = options;
  const { progress_callback, verify = false, ...openOptions } = rest;
  if (typeof verify !== 'boolean') throw new OptionError(`"verify" must be true or false, got ${show(verify)}`);
  if (typeof stream_encoder !== 'boolean')
    throw new OptionError(`"stream_encoder" must be true or false, got ${show(stream_encoder)}`);
  const held = stream_encoder ? new HeldFiles(openOptions.signal) : undefined;
  const placement: Placement = { ...(await placementOf({ backend, dtype, threads, deterministic })), held };
  let given: ModelFiles | undefined;
  try {
    given = await openFiles(where, { ...openOptions, ...(held && { signal: held.signal }) });
    const files = verify ? await verified(given) : given;
    const model = await reporting(files, progress_callback, stream_encoder, (reported) => build(reported, placement));
    if (held === undefined) await given.close();
    else held.loaded(given);
    return model;
  } catch (error) {
    if (placement.ownsBackend) placement.backend.dispose();
    held?.close();
    await given?.close();
    throw error;
  }
}

/** Builds with files whose reading is told to `callback`, one total first. */
async function reporting<T extends Disposed>(
  files: ModelFiles,
  callback: ProgressCallback | undefined,
  streamed: boolean,
  build: (files: ModelFiles) => Promise<T>,
): Promise<T> {
  if (callback === undefined) return build(files);
  const reported = withProgress(files, callback);
  for (const folder of await weightFolders(files, streamed)) {
    await reported.sub(folder).announce(await weightFiles(files.sub(folder)));
  }
  reported.announced();
  const model = await build(reported);
  try {
    reported.ready();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const single = 'model.safetensors';
const index = 'model.safetensors.index.json';
/** The weights of a folder: one file, or the index of its shards. */
export const weightFileNames: readonly string[] = [single, index];

/** Opens the weights of a folder (a single file or its shards, or the file of that name), lets `load` read them, and closes the file. */
export async function withWeights<T extends Loaded<unknown>>(
  files: ModelFiles,
  { backend, dtype, held }: Placement,
  load: (source: Checkpoint) => Promise<T>,
  name?: string,
): Promise<T> {
  if (held !== undefined) {
    throw new UnsupportedOptionError('"stream_encoder" is for hybrids and T5 encoders', {
      op: 'from_pretrained',
      hint: 'this model needs its weights for every token it writes, and keeps them in memory',
    });
  }
  const file = name === undefined ? await openTensors(files) : await SafetensorsFile.open(await files.open(name));
  let loaded: T | undefined;
  try {
    loaded = await load(new Checkpoint(file, backend, dtype));
  } finally {
    await file.close().catch((error: unknown) => {
      for (const tensor of loaded?.tensors ?? []) tensor.dispose();
      throw error;
    });
  }
  return loaded;
}

/** The tensors of a folder, unread. */
export async function openTensors(files: ModelFiles): Promise<TensorFile> {
  if (await files.has(single)) return SafetensorsFile.open(await files.open(single));
  if (await files.has(index)) return openShards(await files.open(index), (shard) => files.open(shard));
  throw new LoadError(`neither "${single}" nor "${index}" is there`, {
    op: 'from_pretrained',
    where: files.name,
    hint: 'other formats (pytorch_model.bin, onnx, gguf) are not read: save with safe_serialization',
  });
}

/** `config.json`, an object. */
export async function readConfig(files: ModelFiles): Promise<Record<string, unknown>> {
  return readObject(files, 'config.json');
}

/** `generation_config.json`, where there is one. */
export async function readGenerationConfig(files: ModelFiles): Promise<Record<string, unknown>> {
  const name = 'generation_config.json';
  return (await files.has(name)) ? readObject(files, name) : {};
}

async function readObject(files: ModelFiles, name: string): Promise<Record<string, unknown>> {
  const json = await files.json(name);
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  throw new FormatError(`${name} must be a JSON object, got ${show(json)}`, { where: files.name, got: json });
}

/** Folders whose weights are going to be read, for a total that stands before the first byte. */
async function weightFolders(files: ModelFiles, streamed: boolean): Promise<string[]> {
  if (!(await files.has('hybrid.json'))) return streamed ? [] : ['.'];
  const { llm, slm } = readHybridConfig(await files.json('hybrid.json'));
  return streamed ? ['.', slm] : ['.', llm, slm];
}

async function weightFiles(files: ModelFiles): Promise<string[]> {
  const names = ['hybrid.json', 'config.json', 'generation_config.json', 'projector.safetensors', single];
  if ((await files.has(single)) || !(await files.has(index))) return names;
  return [...names, index, ...new Set((await readIndex(await files.open(index))).values())];
}

/** Is a T5 with tensors of these names an encoder alone? */
export function isEncoder(names: Iterable<string>): boolean {
  return ![...names].some((name) => name.startsWith('decoder.block.'));
}

/** `model_type` of a config: which family it is. FormatError for one that is not offered. */
export function modelTypeOf(json: unknown, where = 'config.json'): 'gpt2' | 't5' {
  const type = typeof json === 'object' && json !== null && 'model_type' in json ? json.model_type : undefined;
  if (type === 'gpt2' || type === 't5') return type;
  throw new FormatError(`config field "model_type" must be 'gpt2' or 't5', got ${show(type)}`, { where, got: type });
}
