import type { Backend, Use } from './backend.ts';
import type { HostArray } from './dtype.ts';
import { track } from './scope.ts';
import type { Spec } from './shape.ts';
import { Tensor } from './tensor.ts';

/** A host array as a tensor on a backend, which takes it over: do not write to it afterwards. */
export function upload(backend: Backend, data: HostArray, spec: Spec, use: Use = 'activation'): Tensor {
  return track(new Tensor(backend, backend.upload(data, spec, use), spec));
}
