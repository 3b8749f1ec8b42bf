import type { Backend, Use } from './backend.ts';
import type { HostArray } from './dtype.ts';
import { track } from './scope.ts';
import type { Spec } from './shape.ts';
import { Tensor } from './tensor.ts';

/** A float32 weight as Q8 on a backend: its numbers are rounded. */
export function quantise(backend: Backend, data: Float32Array, { shape, label }: Spec, use: Use): Tensor {
  const spec: Spec = { dtype: 'Q8', shape, label };
  return track(new Tensor(backend, backend.quantise(data, spec, use), spec));
}

/** A host array as a tensor on a backend, which takes it over: do not write to it afterwards. */
export function upload(backend: Backend, data: HostArray, spec: Spec, use: Use = 'activation'): Tensor {
  return track(new Tensor(backend, backend.upload(data, spec, use), spec));
}
