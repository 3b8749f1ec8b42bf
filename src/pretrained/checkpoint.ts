import { DtypeError, show, UnsupportedOptionError, WeightError } from '../errors.ts';
import { pairedBytes } from '../kernels/stored-quantised.ts';
import type { WeightRequest, WeightSource } from '../models/weight-source.ts';
import { find, type TensorFile } from '../safetensors/file.ts';
import type { Backend, Stored } from '../tensor/backend.ts';
import { bytesPerElement, isQuantised } from '../tensor/dtype.ts';
import { keep } from '../tensor/scope.ts';
import { type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { takeIn, upload } from '../tensor/upload.ts';
import { converted, exceedsHalf, type FloatDtype } from './float-bytes.ts';
import { type Piece, type PieceReader, piecesOf, readAhead } from './pieces.ts';
import {
  checkScales,
  codedShape,
  type Quantisation,
  quantisationOf,
  scalesName,
  scalesShape,
  weightNames,
} from './quantised-format.ts';
import { codingFor, type ResidentDtype } from './resident.ts';

/** Dtypes weights can be stored in. */
type StoredDtype = Stored['dtype'];

/**
 * The tensors of a safetensors checkpoint, brought onto a backend one by one, and each of them piece by piece: nothing is
 * in memory twice, and the next piece is read while this one is converted, quantised or packed.
 *
 * Numerics  matrices and tables become `dtype`: exact when it is wider, to nearest even when it is narrower; vectors
 *           (norms, biases) are always F32, because they are small and every element of them counts. Where `dtype` is Q8
 *           or Q4, matrices that must stay floats are halves if they can be
 */
export class Checkpoint implements WeightSource {
  readonly name: string;
  protected readonly file: TensorFile;
  protected readonly backend: Backend;
  readonly #dtype: ResidentDtype;
  readonly #quantisation: Quantisation | undefined;

  /** Without `dtype`, a quantised file stays so, and all else becomes F32. */
  constructor(file: TensorFile, backend: Backend, dtype?: ResidentDtype) {
    this.name = file.name;
    this.file = file;
    this.backend = backend;
    this.#quantisation = quantisationOf(file);
    this.#dtype = dtype ?? residentOf(this.#quantisation);
  }

  names(): Iterable<string> {
    return this.#quantisation === undefined ? this.file.tensors.keys() : weightNames(this.file);
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
    const rowBytes = stored === 'U4' ? pairedBytes(sizeOf(rest)) : sizeOf(rest) * bytesPerElement(stored);
    if (use === 'activation') return [{ name, offset: 0, length: rows * rowBytes }];
    const pieces = piecesOf(name, rows, rowBytes);
    if (!isCoded(stored)) return pieces;
    const [n, m] = scalesShape(request, coded[stored]);
    return [{ name: scalesName(name), offset: 0, length: 2 * n * m }, ...pieces];
  }

  async #bring(request: WeightRequest, rows: AsyncGenerator<Uint8Array, void>, read: PieceReader): Promise<Tensor> {
    const { name: label, shape, use } = request;
    const stored = this.#stored(label);
    const place = (dtype: ResidentDtype, from: Stored, pieces: AsyncIterable<Uint8Array>): Promise<Tensor> =>
      takeIn(this.backend, { dtype, shape, label }, use, from, pieces);
    if (isCoded(stored)) {
      const { value: scales = new Uint8Array() } = await rows.next();
      return place(coded[stored], { dtype: stored, scales: new Uint16Array(new Uint8Array(scales).buffer) }, rows);
    }
    if (use === 'activation') {
      const data = new Float32Array(sizeOf(shape));
      for await (const bytes of rows) new Uint8Array(data.buffer).set(converted(bytes, stored, 'F32'));
      return upload(this.backend, data, { dtype: 'F32', shape, label });
    }
    const dtype = this.#dtype;
    if (!isQuantised(dtype)) return place(dtype, { dtype }, each(rows, stored, dtype));
    const coding = codingFor(request, dtype);
    if (coding !== undefined) return place(coding, { dtype: 'F32' }, each(rows, stored, 'F32'));
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
    const { name, shape } = request;
    const info = this.file.tensors.get(name);
    const stored = info && this.#stored(name);
    const expected = stored === 'U4' ? codedShape(shape, 'Q4') : shape;
    if (info === undefined || stored === undefined || !sameShape(info.shape, expected)) {
      const got = info?.shape;
      throw new WeightError(`weight ${show(name)} must be [${expected.join(', ')}], got [${got?.join(', ') ?? ''}]`, {
        where: this.name,
        expected,
        got,
        hint: 'the config and the weights may belong to different models',
      });
    }
    if (!isCoded(stored)) return;
    const own = residentOf(this.#quantisation);
    if (codingFor(request, own) !== coded[stored]) throw this.#notFloats(name, info.dtype);
    if (this.#dtype !== own) {
      throw new UnsupportedOptionError(
        `"dtype" must be '${this.#quantisation}', as the weights are stored, got ${show(this.#dtype)}`,
        { where: this.name, hint: 'the original weights can be had in any dtype' },
      );
    }
    checkScales(this.file, request, coded[stored]);
  }

  /** How a tensor is stored: as floats, or in a quantised file as whole numbers. */
  #stored(name: string): StoredDtype {
    const { dtype } = find(this.file, name);
    if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return dtype;
    if (dtype === 'I8' && this.#quantisation !== undefined) return 'I8';
    if (dtype === 'U8' && this.#quantisation === 'int4') return 'U4';
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

/** What the whole numbers of a file become. */
const coded = { I8: 'Q8', U4: 'Q4' } as const;

function isCoded(stored: StoredDtype): stored is 'I8' | 'U4' {
  return stored === 'I8' || stored === 'U4';
}

function residentOf(quantisation: Quantisation | undefined): ResidentDtype {
  if (quantisation === undefined) return 'F32';
  return quantisation === 'int4' ? 'Q4' : 'Q8';
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
