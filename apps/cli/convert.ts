/** Checkpoints in another dtype: a folder is built beside its place, and moved there when it is whole. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { FormatError, OptionError, saveSafetensors, saveShards, type TensorToWrite } from '../../src/index.node.ts';
import { converted, type FloatDtype } from './convert-tensor.ts';
import { signal } from './interrupt.ts';
import type { Progress } from './progress.ts';
import { isModelWeights, list, openWeights } from './weight-files.ts';

export interface Target {
  readonly dtype: FloatDtype;
  /** Of one file of a folder's weights. */
  readonly max_shard_size?: number;
  readonly bar: Progress;
}

export interface Converted {
  readonly tensors: number;
  /** Of all tensors in their new dtype. */
  readonly bytes: number;
}

type Save = (tensors: readonly TensorToWrite[], metadata: ReadonlyMap<string, string>) => Promise<unknown>;

/** One file into another. */
export function convertFile(from: string, to: string, target: Target): Promise<Converted> {
  return convertWeights(from, target, (tensors, metadata) => saveSafetensors(to, tensors, metadata));
}

/** A folder and all below it: weights are converted, configs told of it, the rest is copied. */
export async function convertFolder(from: string, to: string, target: Target): Promise<Converted> {
  if (isInside(to, from) || isInside(from, to))
    throw new OptionError('IN and OUT must not be the same, nor one in the other');
  const temporary = join(dirname(resolve(to)), `.${basename(resolve(to))}.${randomUUID()}.tmp`);
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
    done.push(await convertWeights(join(from, name), target, save));
  }
  for (const name of others) {
    if (name === 'config.json') await convertConfig(join(from, name), join(to, name), target.dtype);
    else if (name !== 'manifest.json') await copyFile(join(from, name), join(to, name)); // its sums are wrong now
  }
  for (const name of folders) done.push(await fillFolder(join(from, name), join(to, name), target));
  return {
    tensors: done.reduce((sum, { tensors }) => sum + tensors, 0),
    bytes: done.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Tensors one by one: each is read when it is to be written. */
async function convertWeights(path: string, { dtype, bar }: Target, save: Save): Promise<Converted> {
  const file = await openWeights(path);
  try {
    const infos = [...file.tensors.values()];
    const total = infos.reduce((sum, { bytes }) => sum + bytes, 0);
    let read = 0;
    let written = 0;
    const tensors = infos.map((info): TensorToWrite => {
      const to = converted(info, dtype);
      return {
        ...to,
        data: async () => {
          signal.throwIfAborted();
          const data = to.data(await file.values(info.name));
          read += info.bytes;
          written += data.byteLength;
          bar.reach(read, total);
          return data;
        },
      };
    });
    await save(tensors, file.metadata);
    return { tensors: infos.length, bytes: written };
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
