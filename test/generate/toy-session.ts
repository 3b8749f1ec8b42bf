/** A language model that is a function of what stands in the row: small enough to check by hand and by brute force. */
import type { Session } from '../../src/generate/session.ts';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { keep } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { upload } from '../../src/tensor/upload.ts';

/** Logits [V] of the token behind a row of ids. */
export type ToyModel = (row: readonly number[]) => ArrayLike<number>;

export class ToySession implements Session {
  readonly backend: Backend;
  readonly vocabSize: number;
  readonly #model: ToyModel;
  readonly #context: number;
  histories: number[][];
  logits: Tensor;
  /** How many rows each pass had, and how the rows moved. */
  readonly passes: number[] = [];
  readonly moves: number[][] = [];
  disposals = 0;

  constructor(
    model: ToyModel,
    prompts: readonly (readonly number[])[],
    context = Number.POSITIVE_INFINITY,
    backend: Backend = new ReferenceBackend(),
  ) {
    this.backend = backend;
    this.#model = model;
    this.#context = context;
    this.histories = prompts.map((ids) => [...ids]);
    this.vocabSize = model(prompts[0]).length;
    this.logits = this.#read();
  }

  get rows(): number {
    return this.histories.length;
  }

  get room(): number {
    return this.#context - this.histories[0].length;
  }

  next(tokens: ArrayLike<number>): void {
    if (tokens.length !== this.rows) throw new Error(`${tokens.length} tokens for ${this.rows} rows`);
    this.histories = this.histories.map((row, i) => [...row, tokens[i]]);
    if (this.histories[0].length > this.#context) throw new Error('more positions than the model has');
    this.passes.push(this.rows);
    this.#become();
  }

  reorder(from: readonly number[]): void {
    this.histories = from.map((i) => [...this.histories[i]]);
    this.moves.push([...from]);
    this.#become();
  }

  dispose(): void {
    this.disposals++;
    this.logits.dispose();
  }

  #become(): void {
    const old = this.logits;
    this.logits = this.#read();
    old.dispose();
  }

  #read(): Tensor {
    const data = Float32Array.from(this.histories.flatMap((row) => Array.from(this.#model(row))));
    return keep(upload(this.backend, data, { dtype: 'F32', shape: [this.rows, this.vocabSize] }));
  }
}

/** Logits that depend on the last token alone; tables are given as probabilities, which a reader can check. */
export function bigram(probabilities: readonly (readonly number[])[]): ToyModel {
  return (row) => probabilities[row[row.length - 1] ?? 0].map(Math.log);
}

/** Logits in [−4, 4) that look random and depend on every token of the row. */
export function scrambled(V: number, salt: number): ToyModel {
  return (row) => {
    let hash = Math.imul(salt + 1, 0x9e3779b1);
    for (const id of row) hash = Math.imul(hash ^ (id + 1), 0x9e3779b1) ^ (hash >>> 15);
    return Array.from({ length: V }, (_, id) => {
      const x = Math.imul(hash ^ ((id + 1) * 0x85ebca6b), 0xc2b2ae35);
      return ((x ^ (x >>> 13)) >>> 0) / 2 ** 29 - 4;
    });
  };
}
