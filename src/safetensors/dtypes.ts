/**
 * The element types of the format, in its own order of increasing alignment: a canonical file holds the last of them
 * first. Types without a JavaScript array of their own are read as their bits (F16, BF16) or bytes (F8, F6, F4).
 */
const table = {
  BOOL: { bits: 8, array: Uint8Array },
  F4: { bits: 4, array: Uint8Array },
  F6_E2M3: { bits: 6, array: Uint8Array },
  F6_E3M2: { bits: 6, array: Uint8Array },
  U8: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  F8_E5M2: { bits: 8, array: Uint8Array },
  F8_E4M3: { bits: 8, array: Uint8Array },
  F8_E8M0: { bits: 8, array: Uint8Array },
  F8_E4M3FNUZ: { bits: 8, array: Uint8Array },
  F8_E5M2FNUZ: { bits: 8, array: Uint8Array },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F16: { bits: 16, array: Uint16Array },
  BF16: { bits: 16, array: Uint16Array },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F32: { bits: 32, array: Float32Array },
  C64: { bits: 64, array: Float32Array }, // real, imaginary, real, …
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
} as const;

export type FileDtype = keyof typeof table;
/** The array that holds values of a dtype. */
export type ValuesOf<D extends FileDtype> = (typeof table)[D]['array']['prototype'];
export type Values = ValuesOf<FileDtype>;

export const fileDtypes: readonly FileDtype[] = Object.keys(table).filter(isFileDtype);

export function isFileDtype(name: string): name is FileDtype {
  return Object.hasOwn(table, name);
}

/** Bits of one element: 4 for F4, whose elements share bytes. */
export function bitsPerElement(dtype: FileDtype): number {
  return table[dtype].bits;
}

/** Is this array one that holds values of this dtype? */
export function holds<D extends FileDtype>(data: ArrayBufferView, dtype: D): data is ValuesOf<D> {
  return data instanceof table[dtype].array;
}

interface ArrayClass {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Values;
  readonly BYTES_PER_ELEMENT: number;
}

/** Little-endian bytes as values: a view where the start is aligned, a copy where it is not. */
export function valuesOf<D extends FileDtype>(bytes: Uint8Array, dtype: D): ValuesOf<D>;
export function valuesOf(bytes: Uint8Array, dtype: FileDtype): Values {
  const array: ArrayClass = table[dtype].array;
  const size = array.BYTES_PER_ELEMENT;
  // Not `slice`, which on a Node Buffer is a view.
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new array(buffer, byteOffset, byteLength / size);
}
