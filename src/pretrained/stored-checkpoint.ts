import type { StoredSource, WeightSource } from '../models/weight-source.ts';
import { find } from '../safetensors/file.ts';
import { allocate } from '../safetensors/source.ts';
import type { Use } from '../tensor/backend.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Checkpoint, convert, emptyOf, type FloatDtype, type Numbers, viewOf } from './checkpoint.ts';
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
      return this.place(name, { data: new Float32Array(), dtype: 'F32' }, [0], 'activation', true);
    });
  }

  async fetch(names: readonly string[]): Promise<WeightSource> {
    const fetched = new Map(await Promise.all(names.map(async (name) => [name, await this.#bytes(name)] as const)));
    const load = async (name: string, shape: Shape, use: Use, wide = false): Promise<Tensor> => {
      const stored = this.check(name, shape);
      const bytes = fetched.get(name) ?? (await this.#bytes(name));
      fetched.delete(name); // the backend has it now, or a copy
      return this.place(name, numbersOf(bytes, stored, this.readDtype(use, wide, stored)), shape, use, wide);
    };
    return this.#with(load, names);
  }

  async fetchRows(name: string, ids: readonly number[]): Promise<() => Tensor> {
    const [V = 0, D = 0] = this.shape(name) ?? [];
    const stored = this.check(name, [V, D]);
    const bytes = await readRows(this.file, name, ids);
    const dtype = this.readDtype('table', false, stored);
    return () => this.place(name, numbersOf(bytes, stored, dtype), [ids.length, D], 'table', false);
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
function numbersOf(bytes: Uint8Array<ArrayBuffer>, stored: FloatDtype, dtype: FloatDtype): Numbers {
  if (stored === dtype) return { data: viewOf(dtype, bytes.buffer), dtype };
  const data = emptyOf(dtype, bytes.length / bytesPerElement(stored));
  for (let at = 0, from = 0; from < bytes.length; from += PIECE) {
    at = convert(bytes.subarray(from, from + PIECE), stored, dtype, data, at);
  }
  return { data, dtype };
}
