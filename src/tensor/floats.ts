import { DtypeError } from '../errors.ts';
import type { Dtype, HostArray } from './dtype.ts';
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from './half.ts';

/** The elements of a float array as float32; exact. An F32 array is returned as it is. */
export function widen(data: HostArray, dtype: Dtype): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array && dtype === 'F16') return f16ToF32(data);
  if (data instanceof Uint16Array && dtype === 'BF16') return bf16ToF32(data);
  throw new DtypeError(`expected F32, F16 or BF16, got ${dtype}`, { op: 'widen', got: dtype });
}

/** Float32 numbers as F32, F16 or BF16, rounded to nearest, ties to even. */
export function narrow(data: Float32Array, dtype: 'F32' | 'F16' | 'BF16'): Float32Array | Uint16Array {
  if (dtype === 'F32') return data;
  return dtype === 'F16' ? f32ToF16(data) : f32ToBf16(data);
}
