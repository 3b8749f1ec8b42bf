/** Element types a tensor can be made of, spelled as safetensors spells them. */
export type PlainDtype = 'F32' | 'F16' | 'BF16' | 'I32' | 'I64' | 'U8' | 'BOOL' | 'I8';
/** The weight of a linear layer or a table in whole numbers of 8 or 4 bits, with a scale for every block of inputs (codings.ts). */
export type QuantisedDtype = 'Q8' | 'Q4';
export type Dtype = PlainDtype | QuantisedDtype;

/** The host array of each dtype. F16 and BF16 are kept as their 16 bits; BOOL is one byte, 0 or 1. */
export interface ArrayOf {
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I32: Int32Array;
  I64: BigInt64Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
  I8: Int8Array;
  Q8: Int8Array;
  Q4: Int8Array;
}
export type HostArray = ArrayOf[Dtype];

const arrays = {
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
  I8: Int8Array,
  Q8: Int8Array,
  Q4: Int8Array,
} as const;

export const dtypes: readonly PlainDtype[] = ['F32', 'F16', 'BF16', 'I32', 'I64', 'U8', 'BOOL', 'I8'];

/** Bytes of one element; of a quantised one as kernels keep it, without its scales. */
export function bytesPerElement(dtype: Dtype): number {
  return dtype === 'Q4' ? 0.5 : arrays[dtype].BYTES_PER_ELEMENT;
}

/** A zeroed host array of `size` elements. */
export function allocate<D extends Dtype>(dtype: D, size: number): ArrayOf[D];
export function allocate(dtype: Dtype, size: number): HostArray {
  return new arrays[dtype](size);
}

/** Does this array hold elements of this dtype? */
export function fits<D extends Dtype>(data: ArrayBufferView, dtype: D): data is ArrayOf[D] {
  return data instanceof arrays[dtype];
}

/** Whole numbers with scales: what linear layers and look-ups alone take. */
export function isQuantised(dtype: Dtype): dtype is QuantisedDtype {
  return dtype === 'Q8' || dtype === 'Q4';
}

/** F32, F16 and BF16: what arithmetic takes. */
export function isFloat(dtype: Dtype): dtype is 'F32' | 'F16' | 'BF16' {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}
