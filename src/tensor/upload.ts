import type { Backend, Stored, Use } from './backend.ts';
import type { HostArray, QuantisedDtype } from './dtype.ts';
import { track } from './scope.ts';
import type { Spec } from './shape.ts';
import { Tensor } from './tensor.ts';

/** A float32 weight as Q8 or Q4 on a backend: its numbers are rounded. */
export function quantise(
  backend: Backend,
  data: Float32Array,
  spec: Spec & { readonly dtype: QuantisedDtype },
  use: Use,
): Tensor {
  const intake = backend.intake(spec, use, { dtype: 'F32' });
  try {
    intake.add(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return track(new Tensor(backend, intake.done(), spec));
  } catch (error) {
    intake.drop();
    throw error;
  }
}

/** A weight on a backend, from rows that come piece by piece; nothing stays behind where that fails. */
export async function takeIn(
  backend: Backend,
  spec: Spec,
  use: Use,
  stored: Stored,
  rows: AsyncIterable<Uint8Array>,
): Promise<Tensor> {
  const intake = backend.intake(spec, use, stored);
  try {
    for await (const piece of rows) intake.add(piece);
  } catch (error) {
    intake.drop();
    throw error;
  }
  return track(new Tensor(backend, intake.done(), spec));
}

/** A host array as a tensor on a backend, which takes it over: do not write to it afterwards. */
export function upload(backend: Backend, data: HostArray, spec: Spec, use: Use = 'activation'): Tensor {
  return track(new Tensor(backend, backend.upload(data, spec, use), spec));
}
