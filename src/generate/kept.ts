import { slice } from '../kernels/slice.ts';
import type { KeysValues } from '../models/layer-cache.ts';
import { keep, scope } from '../tensor/scope.ts';
import { bytesOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Keys and values that outlive the scopes around; the cache that made them frees them. */
export function outliving(make: () => KeysValues): KeysValues {
  const { keys, values } = scope(make);
  return { keys: keep(keys), values: keep(values) };
}

/** A tensor of its own on the same memory. */
export function whole(t: Tensor): Tensor {
  return slice(t, 0, 0, t.shape[0]);
}

export function bytesKept({ keys, values }: KeysValues): number {
  return bytesOf(keys) + bytesOf(values);
}

export function free({ keys, values }: KeysValues): void {
  keys.dispose();
  values.dispose();
}
