/** The weights of a folder, as Hugging Face names them, and what stands beside them. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LoadError, openPath, openSafetensors, openShards, type TensorFile } from '../../src/index.node.ts';

const indexEnding = '.safetensors.index.json';
const isShard = /-\d{5}-of-\d{5}\.safetensors$/;

/** A file of the weights that a folder is loaded with: the whole, a shard, or the index. */
export const isModelWeights = (name: string): boolean =>
  /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/.test(name);

/** What one folder holds: names of files and folders, in order. Hidden ones are left out. */
export interface Listing {
  /** Files that are opened as weights: whole ones, and the indexes of sharded ones. */
  readonly weights: readonly string[];
  /** Shards, which their index speaks for. */
  readonly shards: readonly string[];
  readonly others: readonly string[];
  readonly folders: readonly string[];
}

export async function list(folder: string): Promise<Listing> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new LoadError(`the folder can't be read: ${cause.message}`, { where: folder, cause });
  });
  const shown = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const folders = shown.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const files = shown.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const sharded = files.some(isIndex);
  const shards = files.filter((name) => sharded && isShard.test(name));
  const weights = files.filter((name) => {
    // Where a whole file stands beside an index, it is the one that is loaded.
    if (isIndex(name)) return !files.includes(name.replace(/\.index\.json$/, ''));
    return name.endsWith('.safetensors') && !shards.includes(name);
  });
  const others = files.filter((name) => !weights.includes(name) && !shards.includes(name) && !isIndex(name));
  return { weights, shards, others, folders };
}

export const isIndex = (name: string): boolean => name.endsWith(indexEnding);

/** Opens a file of tensors, or the shards that an index names. */
export async function openWeights(path: string): Promise<TensorFile> {
  if (!isIndex(path)) return openSafetensors(path);
  return openShards(await openPath(path), (shard) => openPath(join(dirname(path), shard)));
}
