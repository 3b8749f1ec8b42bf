import type { HostArray } from './dtype.ts';
import type { Spec } from './shape.ts';

/** What turns the whole numbers of a quantised weight back into floats. */
export interface Scales {
  /** [outputs, blocks of inputs]. */
  readonly values: Float32Array;
  /** How the weight itself is stored. */
  readonly layout: '[out, in]' | '[in, out]';
  /** Inputs that share a scale. */
  readonly block: number;
}

/** A tensor as the reference loops see it. */
export interface Host extends Spec {
  readonly data: HostArray;
  /** Of a quantised tensor, and only of one. */
  readonly scales?: Scales;
}

export interface Cost {
  /** Additions and multiplications; a division, √, exp, ln, tanh or erfc counts as one; comparisons are free. */
  readonly flops: number;
  /** Bytes read and written if nothing stays in a cache. */
  readonly bytes: number;
}

/** An input that may be left out (a bias, a mask) is undefined in its place. */
export type Inputs<T> = readonly (T | undefined)[];

/**
 * One operation, defined once. `reference` is the specification that every backend is judged by; a backend finds its own
 * version by `name`. A rule that needs more of an op (its gradient, its shader) is a further field of this record.
 */
export interface Op<A> {
  readonly name: string;
  /** Shape and dtype rule: what comes out, or a typed error. Called before anything is allocated. */
  infer(inputs: Inputs<Spec>, attrs: A): readonly Spec[];
  /** Plain loops, float64 inside, one rounding per element written. */
  reference(inputs: Inputs<Host>, attrs: A, outputs: readonly Host[]): void;
  cost(inputs: Inputs<Spec>, attrs: A, outputs: readonly Spec[]): Cost;
}
