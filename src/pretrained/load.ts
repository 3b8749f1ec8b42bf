import { openFiles } from '#open-files';
import { FormatError, LoadError, OptionError, show } from '../errors.ts';
import type { ModelFiles } from '../hub/files.ts';
import type { OpenOptions, Where } from '../hub/open-files.ts';
import { withProgress } from '../hub/progress.ts';
import type { ProgressCallback } from '../hub/tally.ts';
import { verified } from '../hub/verified.ts';
import { readHybridConfig } from '../models/bridge-weights.ts';
import { SafetensorsFile, type TensorFile } from '../safetensors/file.ts';
import { openShards, readIndex } from '../safetensors/shards.ts';
import { Checkpoint } from './checkpoint.ts';
import { type BackendChoice, checkKeys, type Placement, placementOf } from './placement.ts';

export interface LoadOptions extends OpenOptions {
  /** What computes: 'reference' (float64 loops, slow and exact), 'wasm' (SIMD), or a backend. @default 'reference' */
  readonly backend?: BackendChoice;
  /** Resident weights: 'f32', 'f16', 'bf16' or 'int8' (in blocks, each with a scale; activations in 7 bits). @default 'f32' */
  readonly dtype?: string;
  /** Threads of the wasm backend; their number changes no bit. @default the cores of the machine */
  readonly threads?: number;
  /** The same bits on every machine; on 'wasm' at the price of speed. */
  readonly deterministic?: boolean;
  readonly progress_callback?: ProgressCallback;
  /** Compare every file used with `manifest.json` of the folder, or of one above it, before anything is made of it. */
  readonly verify?: boolean;
}

const loadKeys = [
  'backend dtype threads deterministic progress_callback verify signal revision token cache_dir local_files_only fetch',
].flatMap((line) => line.split(' '));

/** Opens a model's files, builds the model from them, and closes them; nothing stays behind when that fails. */
export async function loadFrom<T>(
  where: Where,
  options: LoadOptions,
  build: (files: ModelFiles, placement: Placement) => Promise<T>,
): Promise<T> {
  checkKeys('from_pretrained', options, loadKeys);
  const { backend, dtype, threads, deterministic, progress_callback, verify = false, ...openOptions } = options;
  if (typeof verify !== 'boolean') throw new OptionError(`"verify" must be true or false, got ${show(verify)}`);
  const placement = await placementOf({ backend, dtype, threads, deterministic });
  const given = await openFiles(where, openOptions);
  try {
    const files = verify ? await verified(given) : given;
    if (progress_callback === undefined) return await build(files, placement);
    const reported = withProgress(files, progress_callback);
    for (const folder of await weightFolders(files)) {
      await reported.sub(folder).announce(await weightFiles(files.sub(folder)));
    }
    reported.announced();
    const model = await build(reported, placement);
    reported.ready();
    return model;
  } catch (error) {
    if (placement.ownsBackend) placement.backend.dispose();
    throw error;
  } finally {
    await given.close();
  }
}

const single = 'model.safetensors';
const index = 'model.safetensors.index.json';

/** Opens the weights of a folder (a single file or its shards, or the file of that name), lets `load` read them, and closes the file. */
export async function withWeights<T>(
  files: ModelFiles,
  { backend, dtype }: Placement,
  load: (source: Checkpoint) => Promise<T>,
  name?: string,
): Promise<T> {
  const file = name === undefined ? await openTensors(files) : await SafetensorsFile.open(await files.open(name));
  try {
    return await load(new Checkpoint(file, backend, dtype));
  } finally {
    await file.close();
  }
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
async function weightFolders(files: ModelFiles): Promise<string[]> {
  if (!(await files.has('hybrid.json'))) return ['.'];
  const { llm, slm } = readHybridConfig(await files.json('hybrid.json'));
  return ['.', llm, slm];
}

async function weightFiles(files: ModelFiles): Promise<string[]> {
  const names = ['hybrid.json', 'config.json', 'generation_config.json', 'projector.safetensors', single];
  if ((await files.has(single)) || !(await files.has(index))) return names;
  return [...names, index, ...new Set((await readIndex(await files.open(index))).values())];
}

/** `model_type` of a config: which family it is. FormatError for one that is not offered. */
export function modelTypeOf(json: unknown, where = 'config.json'): 'gpt2' | 't5' {
  const type = typeof json === 'object' && json !== null && 'model_type' in json ? json.model_type : undefined;
  if (type === 'gpt2' || type === 't5') return type;
  throw new FormatError(`config field "model_type" must be 'gpt2' or 't5', got ${show(type)}`, { where, got: type });
}
