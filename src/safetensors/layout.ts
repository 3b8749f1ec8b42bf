import { DtypeError, OptionError, ShapeError, show } from '../errors.ts';
import { bitsPerElement, type FileDtype, fileDtypes, holds, isFileDtype, type Values } from './dtypes.ts';
import { MAX_HEADER_BYTES } from './read-header.ts';

/** A tensor to be written. Data are values of the dtype, or their bytes; or a function that brings them when needed. */
export interface TensorToWrite<Data = Values | (() => Values | Promise<Values>)> {
  readonly name: string;
  readonly dtype: FileDtype;
  readonly shape: readonly number[];
  readonly data: Data;
}

export type Metadata = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

export interface ShardOptions {
  /** Bytes of tensor data in one file at most; a larger tensor gets a file of its own. @default 5e9 */
  readonly max_shard_size?: number;
  readonly metadata?: Metadata;
}

/** A file planned in full before its first byte is written. */
export interface Layout<T> {
  /** Length, JSON and padding: all that stands before the data. */
  readonly header: Uint8Array;
  /** In the order of the file. */
  readonly tensors: readonly T[];
  readonly size: number;
}

/**
 * The canonical order and header of a file, as the reference implementation writes them: the widest dtypes first, then
 * by name, and spaces up to a multiple of 8 bytes, so that every tensor is aligned. Metadata keep their order.
 *
 * Errors    OptionError a wrong or doubled name, wrong metadata · DtypeError · ShapeError
 */
export function layOut<T extends TensorToWrite<unknown>>(tensors: Iterable<T>, metadata: Metadata = {}): Layout<T> {
  const sorted = [...tensors];
  checkNames(sorted);
  const rank = ({ dtype }: T): number => fileDtypes.indexOf(dtype);
  sorted.sort((a, b) => rank(b) - rank(a) || compareCodePoints(a.name, b.name));

  const entries: string[] = [];
  const meta = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  if (meta.length > 0) entries.push(`"__metadata__":{${meta.map(metadataEntry).join(',')}}`);
  let at = 0;
  for (const tensor of sorted) {
    const { name, dtype, shape } = tensor;
    const end = at + byteLength(tensor);
    entries.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${at},${end}]}`);
    at = end;
  }
  const header = encodeHeader(`{${entries.join(',')}}`);
  return { header, tensors: sorted, size: header.length + at };
}

/** Bytes a tensor takes in a file. */
export function byteLength({ name, dtype, shape }: Omit<TensorToWrite, 'data'>): number {
  const where = `tensor ${show(name)}`;
  if (!isFileDtype(dtype)) {
    throw new DtypeError(`"dtype" must be one of ${fileDtypes.join(', ')}, got ${show(dtype)}`, {
      op: 'safetensors',
      where,
    });
  }
  const sizes = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  const bits = sizes ? shape.reduce((product, size) => product * size, bitsPerElement(dtype)) : Number.NaN;
  if (!Number.isSafeInteger(bits) || bits % 8 !== 0) {
    throw new ShapeError(`"shape" must be whole numbers ≥ 0 that fill whole bytes, got ${show(shape)} of ${dtype}`, {
      op: 'safetensors',
      where,
      got: shape,
    });
  }
  return bits / 8;
}

/** The bytes of a tensor's data, checked against its dtype and shape; nothing is copied. */
export function bytesOf(tensor: Omit<TensorToWrite, 'data'>, data: Values): Uint8Array {
  const where = `tensor ${show(tensor.name)}`;
  if (!ArrayBuffer.isView(data) || !(data instanceof Uint8Array || holds(data, tensor.dtype))) {
    const hint =
      'pass an array of the dtype (F16 and BF16 as their bits in a Uint16Array), or a Uint8Array of the bytes';
    throw new DtypeError(`"data" does not hold ${tensor.dtype}: ${show(data)}`, { op: 'safetensors', where, hint });
  }
  const expected = byteLength(tensor);
  if (data.byteLength !== expected) {
    throw new ShapeError(
      `"data" must have the ${expected} bytes of "shape" ${show(tensor.shape)}, got ${data.byteLength}`,
      {
        op: 'safetensors',
        where,
        expected,
        got: data.byteLength,
      },
    );
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) throw wrong(`a header of ${length} bytes; the limit is ${MAX_HEADER_BYTES}`);
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, 8);
  return header;
}

function metadataEntry([key, value]: [string, unknown]): string {
  checkText(key, 'a metadata key');
  checkText(value, `metadata ${show(key)}`);
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function checkNames(tensors: readonly { readonly name: string }[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    checkText(name, 'a tensor name');
    if (name === '__metadata__') throw wrong('a tensor must not be named "__metadata__"', name);
    if (names.has(name)) throw wrong(`two tensors have the name ${show(name)}`, name);
    names.add(name);
  }
}

function checkText(text: unknown, what: string): void {
  if (typeof text !== 'string' || /\p{Surrogate}/u.test(text)) {
    throw wrong(`${what} must be a string without half surrogate pairs, got ${show(text)}`, text);
  }
}

function wrong(summary: string, got?: unknown): OptionError {
  return new OptionError(summary, { op: 'safetensors', got });
}

/** The order of UTF-8 bytes. UTF-16 units would put surrogates, the highest characters, below U+E000 … U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
