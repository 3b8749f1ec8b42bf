import { nearestNames, StateError, show, WeightError } from '../errors.ts';
import type { Use } from '../tensor/backend.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A tensor that a model asks for. */
export interface WeightRequest {
  readonly name: string;
  readonly shape: Shape;
  readonly use: Use;
  /** Its numbers stay floats where the others are quantised. */
  readonly wide: boolean;
  /** They keep 8 bits where the others get 4: it is small for what depends on it, or both first layer and last. */
  readonly fine?: boolean;
}

/** The tensors of a checkpoint, by name. */
export interface WeightSource {
  /** For messages: the file or folder. */
  readonly name: string;
  names(): Iterable<string>;
  /** Shape of a tensor as the file says it; undefined where there is none of that name. */
  shape(name: string): Shape | undefined;
  /** An empty tensor in place of one that is not read yet. WeightError, DtypeError where that is not what is asked for. */
  unread(request: WeightRequest): Tensor;
  /** Reads tensors onto the backend, in this order, each next one while its user has this one. */
  load(requests: readonly WeightRequest[]): AsyncGenerator<Tensor, void>;
  /** Do two tensors of the file hold the same numbers? */
  same(a: string, b: string): Promise<boolean>;
}

/** A source that weights stay in, to be read when they are needed. */
export interface StoredSource extends WeightSource {
  /** Brings the bytes of tensors into memory, side by side; to `load` them from there waits for nothing. */
  fetch(requests: readonly WeightRequest[]): Promise<WeightSource>;
  /** The same of rows of a table [V D], in the order asked for: what comes puts them onto the backend. */
  fetchRows(table: WeightRequest, ids: readonly number[]): Promise<() => Promise<Tensor>>;
}

/** What a model takes from a source: tensors in the order in which it asks for them, and copies it leaves. */
export interface WeightPlan {
  readonly requests: readonly WeightRequest[];
  /** Of a tensor that may be a copy of another: is it? */
  readonly copies: ReadonlyMap<string, boolean>;
}

/**
 * Takes weights from a checkpoint by the names of its model file and keeps count: `finish` rejects tensors that nobody
 * asked for, because a model that ignores weights is another model.
 */
export class WeightReader {
  readonly requests: WeightRequest[] = [];
  readonly copies: Map<string, boolean>;
  readonly #source: WeightSource;
  readonly #bring: (request: WeightRequest) => Promise<Tensor>;
  readonly #names: Set<string>;
  readonly #taken = new Set<string>();
  readonly #tensors: Tensor[] = [];

  /** `bring` makes the tensor of a request. */
  constructor(
    source: WeightSource,
    bring: (request: WeightRequest) => Promise<Tensor>,
    copies: ReadonlyMap<string, boolean> = new Map(),
  ) {
    this.#source = source;
    this.#bring = bring;
    this.#names = new Set(source.names());
    this.copies = new Map(copies);
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

  /** Reads a tensor; `wide` and `fine`: see `WeightRequest`. */
  async take(
    name: string,
    shape: Shape,
    use: Use = 'activation',
    { wide = false, fine = false } = {},
  ): Promise<Tensor> {
    if (!this.has(name)) {
      throw new WeightError(`weight ${show(name)} [${shape.join(', ')}] is missing`, {
        where: this.#source.name,
        expected: name,
        nearest: nearestNames(name, this.#names),
      });
    }
    this.#taken.add(name);
    const request = { name, shape, use, wide, fine };
    this.requests.push(request);
    const tensor = await this.#bring(request);
    this.#tensors.push(tensor);
    return tensor;
  }

  /** A copy some files keep of a tensor that is tied to `original`: is it really the same? Counts as asked for. */
  async isCopy(name: string, original: string): Promise<boolean> {
    const same = this.copies.get(name) ?? (await this.#source.same(name, original));
    this.copies.set(name, same);
    if (same) this.#taken.add(name);
    return same;
  }

  /** Tensors that are known and not needed: causal-mask buffers, duplicates. */
  skip(pattern: RegExp): void {
    for (const name of this.#names) if (pattern.test(name)) this.#taken.add(name);
  }

  /** What `read` takes, checked and unread; it counts as asked for. */
  async plan(read: (reader: WeightReader) => Promise<unknown>): Promise<WeightPlan> {
    const other = planner(this.#source);
    try {
      await read(other);
    } finally {
      other.abandon();
    }
    for (const name of other.#taken) this.#taken.add(name);
    return other;
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

function planner(source: WeightSource): WeightReader {
  return new WeightReader(source, async (request) => source.unread(request));
}

/** What `read` takes from a source, which must be all there is; checked and unread. */
export async function planAll(
  source: WeightSource,
  read: (reader: WeightReader) => Promise<unknown>,
): Promise<WeightPlan> {
  const dry = planner(source);
  try {
    await read(dry);
    dry.finish();
  } finally {
    dry.abandon();
  }
  return dry;
}

/**
 * Reads a model with a reader of its own: once without its numbers, so that all is checked before the first of them comes
 * and what comes next is always known; then with them. Nothing stays behind when that fails half way.
 */
export async function readAll<W>(source: WeightSource, read: (reader: WeightReader) => Promise<W>): Promise<Loaded<W>> {
  return readPlanned(source, await planAll(source, read), read);
}

/** Reads what was planned. */
export async function readPlanned<W>(
  source: WeightSource,
  { requests, copies }: WeightPlan,
  read: (reader: WeightReader) => Promise<W>,
): Promise<Loaded<W>> {
  const loading = source.load(requests);
  let asked = 0;
  const next = async ({ name }: WeightRequest): Promise<Tensor> => {
    const planned = requests[asked++]?.name;
    const { value } = planned === name ? await loading.next() : { value: undefined };
    if (value !== undefined) return value;
    throw new StateError(`a model asked for ${show(name)} where it had planned ${show(planned)}`, { op: 'load' });
  };
  const reader = new WeightReader(source, next, copies);
  try {
    const weights = await read(reader);
    return { weights, tensors: reader.finish() };
  } catch (error) {
    reader.abandon();
    throw error;
  } finally {
    await loading.return();
  }
}
