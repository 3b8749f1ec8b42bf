import { FormatError, show } from '../errors.ts';
import type { Values } from './dtypes.ts';
import { missing, SafetensorsFile, type TensorFile } from './file.ts';
import type { TensorInfo } from './header.ts';
import { JsonScanner } from './json-scanner.ts';
import { decodeUtf8, MAX_HEADER_BYTES } from './read-header.ts';
import type { ByteSource } from './source.ts';

/** Where each tensor of a sharded checkpoint is: name → file. */
export type WeightMap = ReadonlyMap<string, string>;

/**
 * Opens the shards that `model.safetensors.index.json` names as if they were one file; each is opened once.
 * `openSibling` gets plain file names only: what would lead out of the folder is rejected.
 *
 * Errors    FormatError a wrong index, a tensor that is missing or in two shards · LoadError a missing shard
 */
export async function openShards(
  index: ByteSource,
  openSibling: (file: string) => ByteSource | Promise<ByteSource>,
): Promise<TensorFile> {
  const shards = new Map<string, SafetensorsFile>();
  try {
    const weightMap = await readIndex(index);
    for (const file of new Set(weightMap.values())) {
      shards.set(file, await SafetensorsFile.open(await openSibling(file)));
    }
    return new ShardedFile(index.name, shards, weightMap);
  } catch (error) {
    await closeAll(shards.values());
    throw error;
  } finally {
    await index.close();
  }
}

/** Reads and checks an index. */
export async function readIndex(index: ByteSource): Promise<WeightMap> {
  const { name, size } = index;
  if (size > MAX_HEADER_BYTES) {
    throw new FormatError(`an index of ${size} bytes; the limit is ${MAX_HEADER_BYTES}`, {
      op: 'safetensors',
      where: name,
    });
  }
  const scan = new JsonScanner(decodeUtf8(await index.read(0, size, new Uint8Array(size)), name, 0), name, 0);
  let weightMap: Map<string, string> | undefined;
  scan.object('the index', (key) => {
    if (key !== 'weight_map') return scan.skip(show(key));
    const map = new Map<string, string>();
    scan.object('"weight_map"', (tensor) => {
      const file = scan.string(`the shard of ${show(tensor)}`);
      if (!isPlainName(file))
        scan.fail(`the shard of ${show(tensor)} must be the name of a file beside the index, got ${show(file)}`);
      map.set(tensor, file);
    });
    weightMap = map;
  });
  scan.end();
  return weightMap ?? scan.fail('the index has no "weight_map"');
}

/** Not a path, not an address, nothing a file system reads as another place. */
function isPlainName(file: string): boolean {
  return file !== '' && file !== '.' && file !== '..' && !/[/\\:\0]/.test(file);
}

class ShardedFile implements TensorFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
  readonly ahead: number;
  readonly #holders = new Map<string, SafetensorsFile>();
  readonly #shards: readonly SafetensorsFile[];

  constructor(name: string, shards: ReadonlyMap<string, SafetensorsFile>, weightMap: WeightMap) {
    const tensors = new Map<string, TensorInfo>();
    for (const shard of shards.values()) {
      for (const [tensor, info] of shard.tensors) {
        const other = tensors.get(tensor);
        if (other !== undefined) fail(name, `tensor ${show(tensor)} is in two shards: ${other.file} and ${info.file}`);
        tensors.set(tensor, info);
        this.#holders.set(tensor, shard);
      }
    }
    for (const [tensor, file] of weightMap) {
      const shard = shards.get(file);
      if (!shard?.tensors.has(tensor))
        fail(name, `tensor ${show(tensor)} is not in ${show(file)}, where the index puts it`);
    }
    this.name = name;
    this.tensors = tensors;
    this.#shards = [...shards.values()];
    this.metadata = new Map(this.#shards.flatMap((shard) => [...shard.metadata]));
    this.notes = this.#shards.flatMap((shard) => shard.notes);
    this.ahead = Math.max(1, ...this.#shards.map((shard) => shard.ahead));
  }

  async read(name: string, into?: Uint8Array): Promise<Uint8Array> {
    return this.#holder(name).read(name, into);
  }

  async readMany(names: readonly string[]): Promise<Uint8Array[]> {
    const holders = names.map((name) => this.#holder(name));
    const found = new Map<string, Uint8Array>();
    const readFrom = async (holder: SafetensorsFile): Promise<void> => {
      const own = names.filter((_, i) => holders[i] === holder);
      for (const [i, bytes] of (await holder.readMany(own)).entries()) found.set(own[i], bytes);
    };
    await Promise.all(Array.from(new Set(holders), readFrom));
    return names.map((name) => found.get(name) ?? missing(this, name));
  }

  async readAt(name: string, offset: number, into: Uint8Array): Promise<Uint8Array> {
    return this.#holder(name).readAt(name, offset, into);
  }

  parts(name: string, most?: number): AsyncIterable<Uint8Array> {
    return this.#holder(name).parts(name, most);
  }

  async values(name: string): Promise<Values> {
    return this.#holder(name).values(name);
  }

  async close(): Promise<void> {
    await closeAll(this.#shards);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #holder(name: string): SafetensorsFile {
    return this.#holders.get(name) ?? missing(this, name);
  }
}

async function closeAll(files: Iterable<TensorFile>): Promise<void> {
  await Promise.all(Array.from(files, (file) => file.close()));
}

function fail(where: string, summary: string): never {
  throw new FormatError(summary, { op: 'safetensors', where });
}
