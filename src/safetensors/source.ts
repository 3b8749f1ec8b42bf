import { LoadError, OptionError, show } from '../errors.ts';
import { fill } from './stream.ts';

/** Bytes that can be read at any place: the one thing a file, a Blob, an address and memory have in common. */
export interface ByteSource {
  /** For error messages: a path, an address, a file's name. */
  readonly name: string;
  readonly size: number;
  /** What a caller may want to know, such as why the whole file had to be downloaded. */
  readonly note?: string;
  /** Reads under way at a time that come sooner than one after the other. @default 2 */
  readonly ahead?: number;
  /**
   * Exactly `length` bytes from `offset`. They go straight into `into` where it is given (of just that length);
   * otherwise the result may be a view of the source's own memory, to be read only.
   *
   * Errors    OptionError a range outside the source · LoadError the bytes can't be read
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A source in memory. Without `into` nothing is copied. */
export function openBytes(data: Uint8Array | ArrayBuffer, name = 'bytes in memory'): ByteSource {
  // A plain view: a Node Buffer has a `slice` of its own.
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  const source: ByteSource = {
    name,
    size: bytes.length,
    async read(offset, length, into) {
      checkRange(source, offset, length, into);
      const part = bytes.subarray(offset, offset + length);
      if (into === undefined) return part;
      into.set(part);
      return into;
    },
    async close() {},
  };
  return source;
}

/** A Blob or File: only what is asked for is brought into memory. */
export function openBlob(blob: Blob, name = blob instanceof File ? blob.name : 'blob'): ByteSource {
  const source: ByteSource = {
    name,
    size: blob.size,
    async read(offset, length, into) {
      checkRange(source, offset, length, into);
      const part = blob.slice(offset, offset + length);
      if (into !== undefined) return fill(into, part.stream(), name);
      try {
        return new Uint8Array(await part.arrayBuffer());
      } catch (cause) {
        throw new LoadError(`${length} bytes can't be read`, { op: 'safetensors', where: name, cause });
      }
    },
    async close() {},
  };
  return source;
}

/** Rejects what no source can give, before anything is allocated or read. */
export function checkRange(source: ByteSource, offset: number, length: number, into?: Uint8Array): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset + length > source.size) {
    throw new OptionError(`"offset" and "length" must lie in the ${source.size} bytes, got ${offset} and ${length}`, {
      op: 'safetensors',
      where: source.name,
      expected: source.size,
      got: [offset, length],
    });
  }
  if (into !== undefined && into.length !== length) {
    throw new OptionError(`"into" must hold exactly ${length} bytes, got ${show(into)}`, {
      op: 'safetensors',
      where: source.name,
      expected: length,
      got: into.length,
    });
  }
}

/** A new array, or a typed error where one of that size can't be had. */
export function allocate(length: number, name: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new LoadError(`${length} bytes don't fit into one array`, {
      op: 'safetensors',
      where: name,
      hint: 'read it piece by piece through ByteSource.read',
      cause,
    });
  }
}
