/** Checkpoints in another dtype: a folder is built beside its place, and moved there when it is whole. */
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import {
  byteLength,
  checkUnquantised,
  FormatError,
  OptionError,
  openFiles,
  type Quantisation,
  quantisedWeights,
  saveSafetensors,
  saveShards,
  type TensorFile,
  type TensorToWrite,
  type Values,
} from '../../src/index.node.ts';
import { type FloatDtype, inDtype } from './convert-tensor.ts';
import { signal } from './interrupt.ts';
import type { Progress } from './progress.ts';
import { isModelWeights, list, openWeights } from './weight-files.ts';

export interface Target {
  readonly dtype: FloatDtype | Quantisation;
  /** Of one file of a folder's weights. */
  readonly max_shard_size?: number;
  readonly bar: Progress;
}

export interface Converted {
  readonly tensors: number;
  /** Of all tensors in their new dtype. */
  readonly bytes: number;
}

/** What is to be written of the tensors of a file. */
type Making = (weights: TensorFile) => Promise<Made>;

interface Made {
  readonly tensors: readonly TensorToWrite<() => Values | Promise<Values>>[];
  readonly metadata: ReadonlyMap<string, string>;
}

type Save = (tensors: readonly TensorToWrite[], metadata: ReadonlyMap<string, string>) => Promise<unknown>;

/** One file into another. OptionError for int8 and int4, which need to know what each tensor is for. */
export function convertFile(from: string, to: string, { dtype, bar }: Target): Promise<Converted> {
  if (isQuantisation(dtype)) {
    throw new OptionError(`--dtype ${dtype} is for folders`, { hint: 'config.json tells which tensors are matrices' });
  }
  return convertWeights(from, bar, inFloats(dtype), (tensors, metadata) => saveSafetensors(to, tensors, metadata));
}

/** A folder and all below it: weights are converted, configs told of it, the rest is copied. */
export async function convertFolder(from: string, to: string, target: Target): Promise<Converted> {
  if (isInside(to, from) || isInside(from, to))
    throw new OptionError('IN and OUT must not be the same, nor one in the other');
  const temporary = join(dirname(resolve(to)), `.${basename(resolve(to))}.${crypto.randomUUID()}.tmp`);
  try {
    const result = await fillFolder(from, temporary, target);
    await moveInto(temporary, to);
    return result;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Moves every file to its place. What is there and has another name stays, but for weights that are replaced. */
async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { withFileTypes: true });
  if (entries.some(({ name }) => isModelWeights(name))) {
    for (const name of await readdir(to)) if (isModelWeights(name)) await rm(join(to, name));
  }
  for (const entry of entries) {
    const [source, place] = [join(from, entry.name), join(to, entry.name)];
    await (entry.isDirectory() ? moveInto(source, place) : rename(source, place));
  }
}

async function fillFolder(from: string, to: string, target: Target): Promise<Converted> {
  const { weights, others, folders } = await list(from);
  await mkdir(to, { recursive: true });
  const done: Converted[] = [];
  for (const name of weights) {
    const save: Save = isModelWeights(name)
      ? (tensors, metadata) => saveShards(to, tensors, { max_shard_size: target.max_shard_size, metadata })
      : (tensors, metadata) => saveSafetensors(join(to, name.replace(/\.index\.json$/, '')), tensors, metadata);
    const { dtype } = target;
    const make = isQuantisation(dtype) ? inWholeNumbers(from, name, dtype) : inFloats(dtype);
    done.push(await convertWeights(join(from, name), target.bar, make, save));
  }
  for (const name of others) {
    const { dtype } = target;
    if (name === 'config.json' && !isQuantisation(dtype)) await convertConfig(join(from, name), join(to, name), dtype);
    else if (name !== 'manifest.json') await copyFile(join(from, name), join(to, name)); // its sums are wrong now
  }
  for (const name of folders) done.push(await fillFolder(join(from, name), join(to, name), target));
  return {
    tensors: done.reduce((sum, { tensors }) => sum + tensors, 0),
    bytes: done.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

const isQuantisation = (dtype: FloatDtype | Quantisation): dtype is Quantisation =>
  dtype === 'int8' || dtype === 'int4';

/** Every tensor by itself, whatever it is for. */
function inFloats(dtype: FloatDtype): Making {
  return async (weights) => {
    checkUnquantised(weights);
    return {
      tensors: [...weights.tensors.values()].map((info) => inDtype(weights, info, dtype)),
      metadata: weights.metadata,
    };
  };
}

/** Those of a model as its configs say; files of other tensors as they are. */
function inWholeNumbers(folder: string, name: string, dtype: Quantisation): Making {
  return async (weights) => {
    const files = await openFiles(resolve(folder));
    const quantised = await quantisedWeights(files, name, weights, dtype).finally(() => files.close());
    if (quantised !== undefined) return quantised;
    const copies = [...weights.tensors.values()].map((info) => ({ ...info, data: () => weights.values(info.name) }));
    return { tensors: copies, metadata: weights.metadata };
  };
}

/** Tensors one by one: each is made when it is to be written. */
async function convertWeights(path: string, bar: Progress, make: Making, save: Save): Promise<Converted> {
  const file = await openWeights(path);
  try {
    const { tensors, metadata } = await make(file);
    const total = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
    let bytes = 0;
    const told = tensors.map(({ data, ...tensor }): TensorToWrite => {
      const made = async () => {
        signal.throwIfAborted();
        const values = await data();
        bytes += values.byteLength;
        bar.reach(bytes, total);
        return values;
      };
      return { ...tensor, data: made };
    });
    await save(told, metadata);
    return { tensors: tensors.length, bytes };
  } finally {
    bar.stop();
    await file.close();
  }
}

const torchNames = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/** The config with the new dtype, where it says one. */
async function convertConfig(from: string, to: string, dtype: FloatDtype): Promise<void> {
  const text = await readFile(from, 'utf8');
  const config = parseObject(text, from);
  for (const name of ['dtype', 'torch_dtype']) if (name in config) config[name] = torchNames[dtype];
  await writeFile(to, `${JSON.stringify(config, null, 2)}\n`);
}

function parseObject(text: string, where: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  } catch (cause) {
    throw new FormatError('the config is no JSON', { where, cause });
  }
  throw new FormatError('the config must be a JSON object', { where });
}

function isInside(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way === '' || !/^\.\.([/\\]|$)/.test(way);
}
