/** Floats as a file has them, bytes of whole rows, seen as numbers and in another dtype. */
import { bytesPerElement } from '../tensor/dtype.ts';
import { narrow, widen } from '../tensor/floats.ts';

export type FloatDtype = 'F32' | 'F16' | 'BF16';

const largestHalf = 65504;

/** Is there a float32 that an F16 could only hold as infinite? */
export function exceedsHalf(bytes: Uint8Array): boolean {
  return viewOf('F32', bytes).some((value) => Math.abs(value) > largestHalf);
}

export function converted(bytes: Uint8Array, from: FloatDtype, to: FloatDtype): Uint8Array {
  if (from === to) return bytes;
  const { buffer, byteOffset, byteLength } = narrow(widen(viewOf(from, bytes), from), to);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function viewOf(dtype: 'F32', bytes: Uint8Array): Float32Array;
function viewOf(dtype: FloatDtype, bytes: Uint8Array): Float32Array | Uint16Array;
function viewOf(dtype: FloatDtype, bytes: Uint8Array): Float32Array | Uint16Array {
  const size = bytesPerElement(dtype);
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : bytes.slice(); // a file begins anywhere
  return dtype === 'F32'
    ? new Float32Array(buffer, byteOffset, byteLength / size)
    : new Uint16Array(buffer, byteOffset, byteLength / size);
}
