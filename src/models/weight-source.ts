import { nearestNames, show, WeightError } from '../errors.ts';
import type { Use } from '../tensor/backend.ts';

import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The tensors of a checkpoint, by name; each is read when it is asked for. */
export interface WeightSource {
  /** For messages: the file or folder. */
  readonly name: string;
  names(): Iterable<string>;
  /** Shape of a tensor as the file says it; undefined where there is none of that name. */
  shape(name: string): Shape | undefined;
  /** Reads a tensor onto the backend; `wide`: it is never quantised. WeightError when the shape is another. */
  load(name: string, shape: Shape, use: Use, wide?: boolean): Promise<Tensor>;
  /** Do two tensors of the file hold the same numbers? */
  same(a: string, b: string): Promise<boolean>;
}

/** A source that weights stay in, to be read when they are needed. */
export interface StoredSource extends WeightSource {
  /** The same tensors, checked but unread: in place of each comes an empty one. */
  unread(): WeightSource;
  /** Brings the bytes of tensors into memory, side by side; to `load` them from there waits for nothing. */
  fetch(names: readonly string[]): Promise<WeightSource>;
  /** The same of rows of a table [V D], in the order asked for: what comes puts them onto the backend. */
  fetchRows(name: string, ids: readonly number[]): Promise<() => Tensor>;
}

/**
 * Takes weights from a checkpoint by the names of its model file and keeps count: `finish` rejects tensors that nobody
 * asked for, because a model that ignores weights is another model.
 */
export class WeightReader {
  readonly #source: WeightSource;
  readonly #names: Set<string>;
  readonly #taken = new Set<string>();
  readonly #tensors: Tensor[] = [];

  constructor(source: WeightSource) {
    this.#source = source;
    this.#names = new Set(source.names());
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Size of the first axis, where the file decides it. */
  rows(name: string): number | undefined {
    return this.#source.shape(name)?.[0];
  }

  /** The prefix of `candidates` under which `name` is found; the first where it is not. */
  prefix(name: string, candidates: readonly string[]): string {
    return candidates.find((p) => this.has(p + name)) ?? candidates[0];
  }

  /** Reads a tensor; `wide`: its numbers must stay floats where the others are quantised. */
  async take(name: string, shape: Shape, use: Use = 'activation', { wide = false } = {}): Promise<Tensor> {
    if (!this.has(name)) {
      throw new WeightError(`weight ${show(name)} [${shape.join(', ')}] is missing`, {
        where: this.#source.name,
        expected: name,
        nearest: nearestNames(name, this.#names),
      });
    }
    this.#taken.add(name);
    const tensor = await this.#source.load(name, shape, use, wide);
    this.#tensors.push(tensor);
    return tensor;
  }

  /** A copy some files keep of a tensor that is tied to `original`: is it really the same? Counts as asked for. */
  async isCopy(name: string, original: string): Promise<boolean> {
    const same = await this.#source.same(name, original);
    if (same) this.#taken.add(name);
    return same;
  }

  /** Tensors that are known and not needed: causal-mask buffers, duplicates. */
  skip(pattern: RegExp): void {
    for (const name of this.#names) if (pattern.test(name)) this.#taken.add(name);
  }

  /** Counts what another reader takes as asked for; returns the names. */
  async plan(source: WeightSource, read: (reader: WeightReader) => Promise<unknown>): Promise<string[]> {
    const other = new WeightReader(source);
    try {
      await read(other);
    } finally {
      other.abandon();
    }
    for (const name of other.#taken) this.#taken.add(name);
    return [...other.#taken];
  }

  /** WeightError for a tensor that was never asked for. Returns all that were taken, to be disposed of together. */
  finish(): Tensor[] {
    const known = [...this.#taken];
    for (const name of this.#names) {
      if (this.#taken.has(name)) continue;
      throw new WeightError(`tensor ${show(name)} is not part of this model`, {
        where: this.#source.name,
        got: name,
        nearest: nearestNames(name, known),
        hint: 'the config and the weights may belong to different models',
      });
    }
    return this.#tensors;
  }

  /** Frees what was taken, when loading fails half way. */
  abandon(): void {
    for (const tensor of this.#tensors) tensor.dispose();
  }
}

/** Weights, and the tensors they are made of, to be disposed of together. */
export interface Loaded<W> {
  readonly weights: W;
  readonly tensors: readonly Tensor[];
}

/** Reads a model with a reader of its own; nothing stays behind when that fails half way. */
export async function readAll<W>(source: WeightSource, read: (reader: WeightReader) => Promise<W>): Promise<Loaded<W>> {
  const reader = new WeightReader(source);
  try {
    const weights = await read(reader);
    return { weights, tensors: reader.finish() };
  } catch (error) {
    reader.abandon();
    throw error;
  }
}
