import { DtypeError, show, UnsupportedOptionError, WeightError } from '../errors.ts';
import type { WeightRequest, WeightSource } from '../models/weight-source.ts';
import { find, type TensorFile } from '../safetensors/file.ts';
import type { Backend, Stored } from '../tensor/backend.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { keep } from '../tensor/scope.ts';
import { type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { takeIn, upload } from '../tensor/upload.ts';
import { converted, exceedsHalf, type FloatDtype } from './float-bytes.ts';
import { checkScales, quantisationOf, scalesName, scalesShape, weightNames } from './quantised-format.ts';
import { type Piece, type PieceReader, piecesOf, readAhead } from './pieces.ts';

/** Dtypes weights can be resident in. */
export type ResidentDtype = FloatDtype | 'Q8';
/** Dtypes they can be stored in. */
type StoredDtype = FloatDtype | 'I8';

/**
 * The tensors of a safetensors checkpoint, brought onto a backend one by one, and each of them piece by piece: nothing is
 * in memory twice, and the next piece is read while this one is converted, quantised or packed.
 *
 * Numerics  matrices and tables become `dtype`: exact when it is wider, to nearest even when it is narrower; vectors
 *           (norms, biases) are always F32, because they are small and every element of them counts. Where `dtype` is Q8,
 *           matrices that must stay floats are halves if they can be
 */
export class Checkpoint implements WeightSource {
  readonly name: string;
  protected readonly file: TensorFile;
  protected readonly backend: Backend;
  readonly #dtype: ResidentDtype;
  readonly #isInt8: boolean;

  /** Without `dtype`, a file in int8 stays so, and all else becomes F32. */
  constructor(file: TensorFile, backend: Backend, dtype?: ResidentDtype) {
    this.name = file.name;
    this.file = file;
    this.backend = backend;
    this.#isInt8 = quantisationOf(file) === 'int8';
    this.#dtype = dtype ?? (this.#isInt8 ? 'Q8' : 'F32');
  }

  names(): Iterable<string> {
    return this.#isInt8 ? weightNames(this.file) : this.file.tensors.keys();
  }

  shape(name: string): Shape | undefined {
    return this.file.tensors.get(name)?.shape;
  }

  unread(request: WeightRequest): Tensor {
    this.#check(request);
    return keep(upload(this.backend, new Float32Array(), { dtype: 'F32', shape: [0], label: request.name }));
  }

  load(requests: readonly WeightRequest[]): AsyncGenerator<Tensor, void> {
    for (const request of requests) this.#check(request);
    return this.loadBy(readAhead(this.file, this.backend), requests);
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

  /** Tensors whose bytes `read` brings. */
  protected async *loadBy(read: PieceReader, requests: readonly WeightRequest[]): AsyncGenerator<Tensor, void> {
    const plans = requests.map((request) => this.#pieces(request));
    const reading = read(plans.flat());
    try {
      for (const [i, request] of requests.entries()) {
        yield keep(await this.#bring(request, next(reading, plans[i].length), read));
      }
    } finally {
      await reading.return();
    }
  }

  /** One tensor. */
  protected async bring(request: WeightRequest, read: PieceReader): Promise<Tensor> {
    const reading = read(this.#pieces(request));
    try {
      return keep(await this.#bring(request, reading, read));
    } finally {
      await reading.return();
    }
  }

  /** What is to be read of a tensor: its scales, if it has any, and its rows. */
  #pieces(request: WeightRequest): Piece[] {
    const { name, shape, use } = request;
    const stored = this.#stored(name);
    const [rows = 1, ...rest] = shape;
    const rowBytes = sizeOf(rest) * bytesPerElement(stored);
    if (use === 'activation') return [{ name, offset: 0, length: rows * rowBytes }];
    const pieces = piecesOf(name, rows, rowBytes);
    if (stored !== 'I8') return pieces;
    const [n, m] = scalesShape(request);
    return [{ name: scalesName(name), offset: 0, length: 2 * n * m }, ...pieces];
  }

  async #bring(request: WeightRequest, rows: AsyncGenerator<Uint8Array, void>, read: PieceReader): Promise<Tensor> {
    const { name: label, shape, use, wide } = request;
    const stored = this.#stored(label);
    const place = (dtype: ResidentDtype, from: Stored, pieces: AsyncIterable<Uint8Array>): Promise<Tensor> =>
      takeIn(this.backend, { dtype, shape, label }, use, from, pieces);
    if (stored === 'I8') {
      const { value: scales = new Uint8Array() } = await rows.next();
      return place('Q8', { dtype: 'I8', scales: new Uint16Array(new Uint8Array(scales).buffer) }, rows);
    }
    if (use === 'activation') {
      const data = new Float32Array(sizeOf(shape));
      for await (const bytes of rows) new Uint8Array(data.buffer).set(converted(bytes, stored, 'F32'));
      return upload(this.backend, data, { dtype: 'F32', shape, label });
    }
    if (this.#dtype !== 'Q8') return place(this.#dtype, { dtype: this.#dtype }, each(rows, stored, this.#dtype));
    if (!wide) return place('Q8', { dtype: 'F32' }, each(rows, stored, 'F32'));
    if (stored === 'BF16') return place('BF16', { dtype: 'BF16' }, rows);
    let fits = true;
    const halves = async function* (): AsyncGenerator<Uint8Array> {
      for await (const bytes of rows) {
        fits &&= stored === 'F16' || !exceedsHalf(bytes);
        if (fits) yield converted(bytes, stored, 'F16');
      }
    };
    const tensor = await place('F16', { dtype: 'F16' }, halves());
    if (fits) return tensor;
    tensor.dispose();
    return place('F32', { dtype: 'F32' }, read(this.#pieces(request)));
  }

  /** WeightError, DtypeError, UnsupportedOptionError where a tensor is not what is asked for. */
  #check(request: WeightRequest): void {
    const { name, shape, use, wide } = request;
    const info = this.file.tensors.get(name);
    if (info === undefined || !sameShape(info.shape, shape)) {
      const got = info?.shape;
      throw new WeightError(`weight ${show(name)} must be [${shape.join(', ')}], got [${got?.join(', ') ?? ''}]`, {
        where: this.name,
        expected: shape,
        got,
        hint: 'the config and the weights may belong to different models',
      });
    }
    if (this.#stored(name) !== 'I8') return;
    if (use === 'activation' || wide) throw this.#notFloats(name, 'I8');
    if (this.#dtype !== 'Q8') {
      throw new UnsupportedOptionError(`"dtype" must be 'int8', as the weights are stored, got ${show(this.#dtype)}`, {
        where: this.name,
        hint: 'the original weights can be had in any dtype',
      });
    }
    checkScales(this.file, request);
  }

  /** How a tensor is stored: as floats, or in a file of that format in int8. */
  #stored(name: string): StoredDtype {
    const { dtype } = find(this.file, name);
    if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' || (dtype === 'I8' && this.#isInt8)) return dtype;
    throw this.#notFloats(name, dtype);
  }

  #notFloats(name: string, got: string): DtypeError {
    return new DtypeError(`weight ${show(name)} must be stored as F32, F16 or BF16, got ${got}`, {
      where: this.name,
      expected: ['F32', 'F16', 'BF16'],
      got,
    });
  }
}

/** The next `count` pieces. */
async function* next(reading: AsyncGenerator<Uint8Array, void>, count: number): AsyncGenerator<Uint8Array, void> {
  for (let i = 0; i < count; i++) {
    const { value } = await reading.next();
    if (value !== undefined) yield value;
  }
}

/** Floats in another dtype, piece by piece. */
async function* each(rows: AsyncIterable<Uint8Array>, from: FloatDtype, to: FloatDtype): AsyncGenerator<Uint8Array> {
  for await (const bytes of rows) yield converted(bytes, from, to);
}
