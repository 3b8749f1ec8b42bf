import type { HostArray } from './dtype.ts';
import type { Op } from './op.ts';
import type { Spec } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** What a tensor is for, told at upload so that a backend may choose its layout once. */
export type Use =
  | 'activation' // read in row-major order, the default
  | 'linear [out, in]' // the weight of a linear layer, one row an output
  | 'linear [in, out]' // the same, one row an input
  | 'table'; // rows are looked up, and may be multiplied with as [out, in] too

export interface BackendInfo {
  readonly name: string;
  /** Which of its ways a backend computes in, where it has several. */
  readonly mode?: string;
  readonly threads: number;
  /** Instruction set in use: 'none', 'simd', 'relaxed-simd'. */
  readonly simd: string;
  /** Why this path and not a faster one; one sentence each. */
  readonly notes: readonly string[];
}

/** Numbers of live storage, told truthfully: shared storage counts once. */
export interface MemoryCount {
  readonly blocks: number;
  readonly bytes: number;
}

/** How a weight lies in its file. */
export interface Stored {
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'I8' | 'U4';
  /** Of I8 and U4 (two to a byte: stored-quantised.ts): a bfloat16 for every block of inputs, [outputs blocks] of a weight [out, in] or a table, else [blocks outputs]. */
  readonly scales?: Uint16Array;
}

/** Takes a weight as it comes from a file, so that it is never in memory twice. */
export interface Intake<S = unknown> {
  /** The next rows, little-endian: a multiple of 64 of them, but for the last. They are not needed afterwards. */
  add(rows: Uint8Array): void;
  /** The weight, when all rows have come. */
  done(): S;
  /** In place of `done`: frees what has come. */
  drop(): void;
}

/** Memory that is lent. */
export interface Room {
  readonly bytes: Uint8Array;
  free(): void;
}

/**
 * What owns storage and runs ops. A storage is opaque to everyone else; tensors that are views share one.
 * Calls are synchronous in form: only `read` may have to wait.
 */
export interface Backend<S = unknown> {
  readonly info: BackendInfo;
  readonly memory: MemoryCount;
  /** Told of every op that runs, when set. */
  meter?: ((op: string, flops: number, bytes: number) => void) | undefined;
  /** Takes over `data`: the caller must not write to it afterwards. */
  upload(data: HostArray, spec: Spec, use: Use): S;
  /**
   * A weight that comes row by row, stored as the floats of `spec`; or, for a `spec` of dtype Q8 or Q4, as float32 that is
   * quantised, or as whole numbers that were, with their scales. Only `linear` and `embedding` read such a tensor.
   *
   * Errors    NumericError floats to be quantised that are not finite, whole numbers and scales that quantising cannot give
   */
  intake(spec: Spec, use: Use, stored: Stored): Intake<S>;
  /** Room for bytes on their way into an intake, which spares this one a copy. */
  room(bytes: number): Room;
  /** Row-major elements; of Q8 and Q4 the whole numbers. The array is a copy: writing to it changes nothing. */
  read(storage: S, spec: Spec): Promise<HostArray>;
  /** The same at once, without a copy where it can be; undefined where the numbers are not in this memory. */
  peek(storage: S, spec: Spec): HostArray | undefined;
  run<A>(op: Op<A>, inputs: readonly (Tensor | undefined)[], attrs: A, outputs: readonly Spec[]): S[];
  /** The same elements from `offset` on, as another shape; shares memory. */
  view(storage: S, offset: number, spec: Spec): S;
  /**
   * `past` with the rows of `more` behind it, along axis 0; grows in place where nobody else sees the room behind. There will
   * never be more than `most` rows: no more room than that has to be taken.
   */
  append(past: S, pastSpec: Spec, more: S, moreSpec: Spec, most: number): S;
  free(storage: S): void;
  /** Bytes that a storage takes, scales and padding included; of shared memory all. */
  bytesOf(storage: S): number;
  /** Frees what the backend itself holds; tensors on it are unusable afterwards. */
  dispose(): void;
}
