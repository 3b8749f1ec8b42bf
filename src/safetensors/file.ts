import { nearestNames, OptionError, StateError, show, WeightError } from '../errors.ts';
import { type Values, valuesOf } from './dtypes.ts';
import type { Header, TensorInfo } from './header.ts';
import { readHeader } from './read-header.ts';
import { joinRuns } from './runs.ts';
import type { ByteSource } from './source.ts';

/** Named tensors that are read one by one: a single file, or the shards of one. */
export interface TensorFile extends AsyncDisposable {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  /** What the sources had to say, such as why a whole file was downloaded. */
  readonly notes: readonly string[];
  /** Reads that are best under way at a time. */
  readonly ahead: number;
  /**
   * The bytes of a tensor, little-endian, row-major; straight into `into` where it is given. Without it they may be a
   * view of the memory the file was opened from, to be read only.
   *
   * Errors    WeightError no such tensor · OptionError `into` of another length · LoadError · StateError closed
   */
  read(name: string, into?: Uint8Array): Promise<Uint8Array>;
  /**
   * The bytes of several tensors, in the order asked for, to be read only: those that lie near each other come by one read.
   * They may begin at any byte, so that a typed array may need a copy. Errors as `read`.
   */
  readMany(names: readonly string[]): Promise<Uint8Array[]>;
  /** Fills `into` with the bytes of a tensor from `offset` on. OptionError where they are not all its own. */
  readAt(name: string, offset: number, into: Uint8Array): Promise<Uint8Array>;
  /** The same bytes piece by piece, `most` at once: for work that needs no more of a tensor at a time. */
  parts(name: string, most?: number): AsyncIterable<Uint8Array>;
  /** The numbers of a tensor in the array of its dtype (F16, BF16 and smaller floats as their bits). */
  values(name: string): Promise<Values>;
  close(): Promise<void>;
}

/** One safetensors file. */
export class SafetensorsFile implements TensorFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
  readonly ahead: number;
  readonly #source: ByteSource;
  #open = true;

  private constructor(source: ByteSource, header: Header) {
    this.name = source.name;
    this.tensors = header.tensors;
    this.metadata = header.metadata;
    this.notes = source.note === undefined ? [] : [source.note];
    this.ahead = source.ahead ?? 2; // GPT-2 in int8 loads 4 ms sooner than by one
    this.#source = source;
  }

  /** Reads and checks the header; the source then belongs to the file, and is closed where the header is wrong. */
  static async open(source: ByteSource): Promise<SafetensorsFile> {
    try {
      return new SafetensorsFile(source, await readHeader(source));
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  async read(name: string, into?: Uint8Array): Promise<Uint8Array> {
    const { begin, bytes } = find(this, name);
    this.#checkOpen(name);
    if (into !== undefined && into.length !== bytes) {
      throw new OptionError(`"into" must hold the ${bytes} bytes of ${show(name)}, got ${show(into)}`, {
        op: 'safetensors',
        where: this.name,
        expected: bytes,
        got: into.length,
      });
    }
    return this.#source.read(begin, bytes, into);
  }

  async readMany(names: readonly string[]): Promise<Uint8Array[]> {
    const wanted = names.map((name) => find(this, name));
    for (const name of names) this.#checkOpen(name);
    const runs = joinRuns(wanted);
    const reads = runs.map(({ begin, end }) => this.#source.read(begin, end - begin));
    const bytes = await Promise.all(reads);
    return wanted.map(({ begin, end }) => {
      const i = runs.findIndex((run) => begin >= run.begin && end <= run.end);
      return bytes[i].subarray(begin - runs[i].begin, end - runs[i].begin);
    });
  }

  async readAt(name: string, offset: number, into: Uint8Array): Promise<Uint8Array> {
    const { begin, bytes } = find(this, name);
    this.#checkOpen(name);
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + into.length > bytes) {
      throw new OptionError(
        `"offset" and the length of "into" must lie in the ${bytes} bytes of ${show(name)}, got ${show(offset)} and ${into.length}`,
        { op: 'safetensors', where: this.name, expected: bytes, got: [offset, into.length] },
      );
    }
    return this.#source.read(begin + offset, into.length, into);
  }

  async *parts(name: string, most = 2 ** 20): AsyncGenerator<Uint8Array> {
    const { begin, end } = find(this, name);
    for (let at = begin; at < end; at += most) {
      this.#checkOpen(name);
      yield await this.#source.read(at, Math.min(most, end - at));
    }
  }

  async values(name: string): Promise<Values> {
    return valuesOf(await this.read(name), find(this, name).dtype);
  }

  async close(): Promise<void> {
    this.#open = false;
    await this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(name: string): void {
    if (this.#open) return;
    throw new StateError(`read of ${show(name)} after close()`, { op: 'safetensors', where: this.name });
  }
}

/** What is known of a tensor, or an error with the nearest names. */
export function find(file: TensorFile, name: string): TensorInfo {
  return file.tensors.get(name) ?? missing(file, name);
}

export function missing(file: TensorFile, name: string): never {
  throw new WeightError(`there is no tensor ${show(name)}`, {
    op: 'safetensors',
    where: file.name,
    nearest: nearestNames(name, file.tensors.keys()),
  });
}
