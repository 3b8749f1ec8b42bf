import type { StoredSource, WeightSource } from '../models/weight-source.ts';
import { find } from '../safetensors/file.ts';
import { allocate } from '../safetensors/source.ts';
import type { Use } from '../tensor/backend.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Checkpoint, convert, emptyOf, type Numbers, type ResidentDtype, viewOf } from './checkpoint.ts';
import { readRows } from './table-rows.ts';

/** Bytes that are converted at once. */
const PIECE = 2 ** 20;

/**
 * A checkpoint that is kept open, because its tensors are read again and again. Reading and placing are two steps: the
 * bytes of the next layer come from the disk in the background, while the backend has its hands full with this one.
 */
export class StoredCheckpoint extends Checkpoint implements StoredSource {
  unread(): WeightSource {
    return this.#with(async (name, shape) => {
      this.check(name, shape);
      return this.place(name, new Float32Array(), [0], 'activation');
    });
  }

  async fetch(names: readonly string[]): Promise<WeightSource> {
    const fetched = new Map(await Promise.all(names.map(async (name) => [name, await this.#bytes(name)] as const)));
    const load = async (name: string, shape: Shape, use: Use): Promise<Tensor> => {
      const stored = this.check(name, shape);
      const bytes = fetched.get(name) ?? (await this.#bytes(name));
      fetched.delete(name); // the backend has it now, or a copy
      return this.place(name, numbersOf(bytes, stored, this.residentDtype(use)), shape, use);
    };
    return this.#with(load, names);
  }

  async fetchRows(name: string, ids: readonly number[]): Promise<() => Tensor> {
    const [V = 0, D = 0] = this.shape(name) ?? [];
    const stored = this.check(name, [V, D]);
    const bytes = await readRows(this.file, name, ids);
    return () => this.place(name, numbersOf(bytes, stored, this.residentDtype('table')), [ids.length, D], 'table');
  }

  /** Into an array of its own, which a backend may take over. */
  async #bytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = allocate(find(this.file, name).bytes, this.name);
    await this.file.read(name, bytes);
    return bytes;
  }

  /** This source with another way to load. */
  #with(load: WeightSource['load'], names?: readonly string[]): WeightSource {
    return {
      name: this.name,
      names: () => names ?? this.names(),
      shape: (name) => this.shape(name),
      same: (a, b) => this.same(a, b),
      load,
    };
  }
}

/** Without a copy where nothing is to be converted. */
function numbersOf(bytes: Uint8Array<ArrayBuffer>, stored: ResidentDtype, dtype: ResidentDtype): Numbers {
  if (stored === dtype) return viewOf(dtype, bytes.buffer);
  const data = emptyOf(dtype, bytes.length / bytesPerElement(stored));
  for (let at = 0, from = 0; from < bytes.length; from += PIECE) {
    at = convert(bytes.subarray(from, from + PIECE), stored, dtype, data, at);
  }
  return data;
}
