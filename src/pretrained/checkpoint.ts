import { DtypeError, show, WeightError } from '../errors.ts';
import type { WeightSource } from '../models/weight-source.ts';
import type { TensorFile } from '../safetensors/file.ts';
import type { Backend, Use } from '../tensor/backend.ts';
import { narrow, widen } from '../tensor/floats.ts';
import { keep } from '../tensor/scope.ts';
import { type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { quantise, upload } from '../tensor/upload.ts';

export type FloatDtype = 'F32' | 'F16' | 'BF16';
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
  protected readonly file: TensorFile;
  readonly #backend: Backend;
  readonly #dtype: ResidentDtype;

  constructor(file: TensorFile, backend: Backend, dtype: ResidentDtype) {
    this.name = file.name;
    this.file = file;
    this.#backend = backend;
    this.#dtype = dtype;
  }

  names(): Iterable<string> {
    return this.file.tensors.keys();
  }

  shape(name: string): Shape | undefined {
    return this.file.tensors.get(name)?.shape;
  }

  async load(name: string, shape: Shape, use: Use, wide = false): Promise<Tensor> {
    const stored = this.check(name, shape);
    const dtype = this.readDtype(use, wide, stored);
    const data = emptyOf(dtype, sizeOf(shape));
    if (dtype === stored) await this.file.read(name, new Uint8Array(data.buffer));
    else {
      let at = 0; // piece by piece, so that a tensor is never in memory twice
      for await (const part of this.file.parts(name)) at = convert(part, stored, dtype, data, at);
    }
    return this.place(name, { data, dtype }, shape, use, wide);
  }

  async same(a: string, b: string): Promise<boolean> {
    const [infoA, infoB] = [this.file.tensors.get(a), this.file.tensors.get(b)];
    if (infoA === undefined || infoB === undefined) return false;
    if (infoA.dtype !== infoB.dtype || !sameShape(infoA.shape, infoB.shape)) return false;
    const others = this.file.parts(b)[Symbol.asyncIterator]();
    for await (const part of this.file.parts(a)) {
      const { value: other } = await others.next();
      if (!part.every((byte, i) => byte === other[i])) return false;
    }
    return true;
  }

  /** How a tensor is stored; WeightError where its shape is another. */
  protected check(name: string, shape: Shape): FloatDtype {
    const info = this.file.tensors.get(name);
    if (info !== undefined && sameShape(info.shape, shape)) return floatDtype(name, info.dtype, this.name);
    throw new WeightError(`weight ${show(name)} must be [${shape.join(', ')}], got [${info?.shape.join(', ') ?? ''}]`, {
      where: this.name,
      expected: shape,
      got: info?.shape,
      hint: 'the config and the weights may belong to different models',
    });
  }

  /** The dtype in which a tensor's numbers are read. */
  protected readDtype(use: Use, wide: boolean, stored: FloatDtype): FloatDtype {
    if (use === 'activation') return 'F32';
    if (this.#dtype !== 'Q8') return this.#dtype;
    return wide && stored === 'BF16' ? 'BF16' : 'F32';
  }

  /** Hands numbers over to the backend; they outlive the scopes around. */
  protected place(label: string, { data, dtype }: Numbers, shape: Shape, use: Use, wide: boolean): Tensor {
    const spec = { dtype, shape, label };
    if (this.#dtype === 'Q8' && use !== 'activation' && data instanceof Float32Array) {
      if (!wide) return keep(quantise(this.#backend, data, spec, use));
      if (!data.some((value) => Math.abs(value) > largestHalf)) {
        return keep(upload(this.#backend, narrow(data, 'F16'), { ...spec, dtype: 'F16' }, use));
      }
    }
    return keep(upload(this.#backend, data, spec, use));
  }
}

/** Floats, or the bits of halves. */
export interface Numbers {
  readonly data: Float32Array | Uint16Array;
  readonly dtype: FloatDtype;
}

/** Bytes of a file as numbers of another dtype, written into `out` from `at` on; answers where it stopped. */
export function convert(part: Uint8Array, from: FloatDtype, to: FloatDtype, out: Numbers['data'], at: number): number {
  const { buffer } = part.slice(); // aligned, as typed arrays must be
  const values = narrow(widen(viewOf(from, buffer), from), to);
  out.set(values, at);
  return at + values.length;
}

export function viewOf(dtype: FloatDtype, buffer: ArrayBuffer): Numbers['data'] {
  return dtype === 'F32' ? new Float32Array(buffer) : new Uint16Array(buffer);
}

function floatDtype(name: string, dtype: string, where: string): FloatDtype {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return dtype;
  throw new DtypeError(`weight ${show(name)} must be stored as F32, F16 or BF16, got ${dtype}`, {
    where,
    expected: ['F32', 'F16', 'BF16'],
    got: dtype,
  });
}

export function emptyOf(dtype: FloatDtype, size: number): Numbers['data'] {
  return dtype === 'F32' ? new Float32Array(size) : new Uint16Array(size);
}
