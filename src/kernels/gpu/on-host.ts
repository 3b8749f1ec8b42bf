import { allocate, type HostArray } from '../../tensor/dtype.ts';
import type { Host, Inputs, Op } from '../../tensor/op.ts';
import { type Spec, sizeOf } from '../../tensor/shape.ts';
import { colsOf, GpuStorage, type Placed } from './storage.ts';

/** Ids and masks never left the host: what only moves them does so there. */
export function onHost<A>(op: Op<A>, inputs: Inputs<Placed>, attrs: A, outputs: readonly Spec[]): GpuStorage[] {
  const made: Host[] = outputs.map((spec) => ({ ...spec, data: allocate(spec.dtype, sizeOf(spec.shape)) }));
  op.reference(
    inputs.map((input) => input && { ...input, data: input.storage.host ?? allocate(input.dtype, 0) }),
    attrs,
    made,
  );
  return made.map(({ shape, data }) => new GpuStorage([], colsOf(shape), { host: data }));
}

/** Host arrays of one dtype behind each other. */
export function joinedOnHost(a: HostArray, b: HostArray, { dtype, shape }: Spec): HostArray {
  const all = allocate(dtype, sizeOf(shape));
  const bytes = new Uint8Array(all.buffer);
  bytes.set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
  bytes.set(new Uint8Array(b.buffer, b.byteOffset, b.byteLength), a.byteLength);
  return all;
}
