import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OptionError, show } from '../errors.ts';
import { byteLength, layOut, type ShardOptions, type TensorToWrite } from './layout.ts';
import { replaceFile, saveSafetensors } from './save.node.ts';

/**
 * Writes a checkpoint into a folder as Hugging Face names it: `model.safetensors`, or, where that would be too large,
 * `model-00001-of-00003.safetensors`, … and `model.safetensors.index.json`. Tensors keep their order across the shards.
 * Returns the names of the files. On failure none of them stays.
 */
export async function saveShards(
  folder: string,
  tensors: Iterable<TensorToWrite>,
  { max_shard_size = 5e9, metadata }: ShardOptions = {},
): Promise<string[]> {
  if (!(max_shard_size >= 1)) {
    throw new OptionError(`"max_shard_size" must be a number of bytes ≥ 1, got ${show(max_shard_size)}`, {
      op: 'saveShards',
    });
  }
  const all = [...tensors];
  layOut(all, metadata); // Checks names across shards before anything is written.
  const shards = split(all, max_shard_size);
  const number = (n: number): string => String(n).padStart(5, '0');
  const nameOf = (i: number): string =>
    shards.length === 1 ? 'model.safetensors' : `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
  const written: string[] = [];
  try {
    for (const [i, shard] of shards.entries()) {
      await saveSafetensors(join(folder, nameOf(i)), shard, metadata);
      written.push(nameOf(i));
    }
    if (shards.length > 1) {
      const file = 'model.safetensors.index.json';
      const index = indexOf(shards, nameOf);
      await replaceFile(join(folder, file), (write) => write(new TextEncoder().encode(index)));
      written.push(file);
    }
  } catch (error) {
    for (const file of written) await rm(join(folder, file), { force: true });
    throw error;
  }
  return written;
}

/** Consecutive tensors, as many as fit. */
function split(tensors: readonly TensorToWrite[], limit: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    const bytes = byteLength(tensor);
    if (size + bytes > limit && shards[shards.length - 1].length > 0) {
      shards.push([]);
      size = 0;
    }
    shards[shards.length - 1].push(tensor);
    size += bytes;
  }
  return shards;
}

function indexOf(shards: readonly TensorToWrite[][], nameOf: (i: number) => string): string {
  const places = shards.flatMap((shard, i) => shard.map(({ name }): [string, string] => [name, nameOf(i)]));
  const total = shards.flat().reduce((sum, tensor) => sum + byteLength(tensor), 0);
  // Written by hand, entry by entry: an object would move names that look like numbers, and lose `__proto__`.
  const entries = places.map(([name, file]) => `    ${JSON.stringify(name)}: ${JSON.stringify(file)}`);
  return `{\n  "metadata": {\n    "total_size": ${total}\n  },\n  "weight_map": {\n${entries.join(',\n')}\n  }\n}\n`;
}
