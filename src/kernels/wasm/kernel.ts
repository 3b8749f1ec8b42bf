import type { Inputs, Op } from '../../tensor/op.ts';
import type { Machine } from './machine.ts';
import type { Placed } from './storage.ts';

/** One op on this backend: fills the outputs, which are allocated. */
export type Kernel<A> = (m: Machine, inputs: Inputs<Placed>, attrs: A, outputs: readonly Placed[]) => void;

/** An op beside its kernel; made by `on`, which sees to it that they fit. */
export interface Entry {
  readonly name: string;
  readonly kernel: Kernel<never>;
}

export function on<A>(op: Op<A>, kernel: Kernel<A>): Entry {
  return { name: op.name, kernel };
}

/** The reference loops, run where the numbers lie: for ops that are rare or small beside the products. */
export function loops<A>(op: Op<A>): Kernel<A> {
  return (m, inputs, attrs, outputs) => {
    op.reference(
      inputs.map((input) => input && m.host(input)),
      attrs,
      outputs.map((output) => m.host(output)),
    );
  };
}
