import { DtypeError, show, WeightError } from '../errors.ts';
import type { WeightSource } from '../models/weight-source.ts';
import type { TensorFile } from '../safetensors/file.ts';
import type { Backend, Use } from '../tensor/backend.ts';

import { narrow, widen } from '../tensor/floats.ts';
import { keep } from '../tensor/scope.ts';
import { type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { quantise, upload } from '../tensor/upload.ts';

type FloatDtype = 'F32' | 'F16' | 'BF16';
/** Dtypes weights can be resident in. */
export type ResidentDtype = FloatDtype | 'Q8';

const largestHalf = 65504;

/**
 * The tensors of a safetensors checkpoint, brought onto a backend one by one. A tensor is read straight into the array
 * that the backend takes over, or converted on the way there, a megabyte at a time: nothing is in memory twice.
 *
 * Numerics  matrices and tables become `dtype`: exact when it is wider, to nearest even when it is narrower; vectors
 *           (norms, biases) are always F32, because they are small and every element of them counts. Where `dtype` is Q8,
 *           matrices that must stay floats are halves if they can be
 */
export class Checkpoint implements WeightSource {
  readonly name: string;
  readonly #file: TensorFile;
  readonly #backend: Backend;
  readonly #dtype: ResidentDtype;

  constructor(file: TensorFile, backend: Backend, dtype: ResidentDtype) {
    this.name = file.name;
    this.#file = file;
    this.#backend = backend;
    this.#dtype = dtype;
  }

  names(): Iterable<string> {
    return this.#file.tensors.keys();
  }

  shape(name: string): Shape | undefined {
    return this.#file.tensors.get(name)?.shape;
  }

  async load(name: string, shape: Shape, use: Use, wide: boolean): Promise<Tensor> {
    const info = this.#file.tensors.get(name);
    if (info === undefined || !sameShape(info.shape, shape)) {
      throw new WeightError(
        `weight ${show(name)} must be [${shape.join(', ')}], got [${info?.shape.join(', ') ?? ''}]`,
        {
          where: this.name,
          expected: shape,
          got: info?.shape,
          hint: 'the config and the weights may belong to different models',
        },
      );
    }
    const stored = floatDtype(name, info.dtype, this.name);
    const resident = use === 'activation' ? 'F32' : this.#dtype;
    const dtype = resident !== 'Q8' ? resident : wide && stored === 'BF16' ? 'BF16' : 'F32';
    const data = emptyOf(dtype, sizeOf(shape));
    if (dtype === stored) await this.#file.read(name, new Uint8Array(data.buffer));
    else await this.#convert(name, stored, dtype, data);
    const spec = { dtype, shape, label: name };
    if (resident !== 'Q8' || !(data instanceof Float32Array)) return keep(upload(this.#backend, data, spec, use));
    if (!wide) return keep(quantise(this.#backend, data, spec, use));
    if (data.some((value) => Math.abs(value) > largestHalf)) return keep(upload(this.#backend, data, spec, use));
    return keep(upload(this.#backend, narrow(data, 'F16'), { ...spec, dtype: 'F16' }, use));
  }

  async same(a: string, b: string): Promise<boolean> {
    const [infoA, infoB] = [this.#file.tensors.get(a), this.#file.tensors.get(b)];
    if (infoA === undefined || infoB === undefined) return false;
    if (infoA.dtype !== infoB.dtype || !sameShape(infoA.shape, infoB.shape)) return false;
    const others = this.#file.parts(b)[Symbol.asyncIterator]();
    for await (const part of this.#file.parts(a)) {
      const { value: other } = await others.next();
      if (!part.every((byte, i) => byte === other[i])) return false;
    }
    return true;
  }

  /** Piece by piece, so that a tensor is never in memory twice. */
  async #convert(name: string, from: FloatDtype, to: FloatDtype, out: Float32Array | Uint16Array): Promise<void> {
    let at = 0;
    for await (const part of this.#file.parts(name)) {
      const { buffer } = part.slice(); // aligned, as typed arrays must be
      const values = narrow(widen(from === 'F32' ? new Float32Array(buffer) : new Uint16Array(buffer), from), to);
      out.set(values, at);
      at += values.length;
    }
  }
}

function floatDtype(name: string, dtype: string, where: string): FloatDtype {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return dtype;
  throw new DtypeError(`weight ${show(name)} must be stored as F32, F16 or BF16, got ${dtype}`, {
    where,
    expected: ['F32', 'F16', 'BF16'],
    got: dtype,
  });
}

function emptyOf(dtype: FloatDtype, size: number): Float32Array | Uint16Array {
  return dtype === 'F32' ? new Float32Array(size) : new Uint16Array(size);
}
