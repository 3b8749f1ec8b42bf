import type { StoredSource, WeightRequest, WeightSource } from '../models/weight-source.ts';
import { find } from '../safetensors/file.ts';
import { allocate } from '../safetensors/source.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Checkpoint } from './checkpoint.ts';
import { fromMemory } from './pieces.ts';
import { codedIn, scalesName } from './quantised-format.ts';
import { readRows } from './table-rows.ts';

/**
 * A checkpoint that is kept open, because its tensors are read again and again. Reading and placing are two steps: the
 * bytes of the next layer come from the disk in the background, while the backend has its hands full with this one.
 */
export class StoredCheckpoint extends Checkpoint implements StoredSource {
  async fetch(requests: readonly WeightRequest[]): Promise<WeightSource> {
    const names = requests.flatMap((request) => this.#tensorsOf(request));
    const fetched = new Map(await Promise.all(names.map(async (name) => [name, await this.#bytes(name)] as const)));
    return {
      name: this.name,
      names: () => requests.map(({ name }) => name),
      shape: (name) => this.shape(name),
      unread: (request) => this.unread(request),
      same: (a, b) => this.same(a, b),
      load: (wanted) => this.loadBy(fromMemory(fetched), wanted),
    };
  }

  async fetchRows(table: WeightRequest, ids: readonly number[]): Promise<() => Promise<Tensor>> {
    const rows = await Promise.all(
      this.#tensorsOf(table).map(async (name) => [name, await readRows(this.file, name, ids)] as const),
    );
    return () => this.bring({ ...table, shape: [ids.length, table.shape[1]] }, fromMemory(new Map(rows)));
  }

  /** A weight, and its scales if it has any. */
  #tensorsOf({ name }: WeightRequest): string[] {
    return codedIn(find(this.file, name).dtype) === undefined ? [name] : [scalesName(name), name];
  }

  async #bytes(name: string): Promise<Uint8Array> {
    const bytes = allocate(find(this.file, name).bytes, this.name);
    await this.file.read(name, bytes);
    return bytes;
  }
}
