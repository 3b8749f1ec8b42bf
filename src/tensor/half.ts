/**
 * The two 16-bit float formats, kept as their bits, widened to and narrowed from float32.
 *
 *   F16    1 sign · 5 exponent (bias 15) · 10 mantissa       BF16   1 sign · 8 exponent (bias 127) · 7 mantissa
 *
 * Everything works on bit patterns and never on numbers: an engine may change the payload of a NaN that it has in
 * its hands as a number. So all 65,536 values survive widening and narrowing, signalling NaNs included.
 */
import { ShapeError } from '../errors.ts';

/** The float32 bits of an F16: exact. */
export function f16ToF32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  // Subnormal: mantissa · 2⁻²⁴. Its leading one becomes the hidden bit.
  const shift = Math.clz32(mantissa) - 21;
  return (sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13)) >>> 0;
}

/** The nearest F16 to float32 bits, ties to even; from 65520 on ±∞; a NaN keeps what fits of its payload. */
export function f32ToF16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 0x200);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  // A carry out of the mantissa raises the exponent, up to ∞, as it should.
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  if (magnitude <= 0x33000000) return sign; // up to 2⁻²⁵, the tie with zero
  const shift = 126 - (magnitude >>> 23); // 14 … 24
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const dropped = mantissa & ((1 << shift) - 1);
  const up = dropped + (kept & 1) > 1 << (shift - 1); // on a tie, only from an odd neighbour
  return sign | (up ? kept + 1 : kept);
}

/** The float32 bits of a BF16: exact. */
export function bf16ToF32Bits(half: number): number {
  return (half << 16) >>> 0;
}

/** The nearest BF16 to float32 bits, ties to even; a NaN keeps what fits of its payload. */
export function f32ToBf16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return bits & 0x7f0000 ? bits >>> 16 : (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Widening is a lookup: 256 KB, made at the first use. */
let f16Table: Uint32Array | undefined;

/** Widens an array of F16 bits, exactly. */
export function f16ToF32(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  f16Table ??= Uint32Array.from({ length: 0x10000 }, (_, half) => f16ToF32Bits(half));
  const bits = bitsOf(out, halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = f16Table[halves[i]];
  return out;
}

/** Widens an array of BF16 bits, exactly. */
export function bf16ToF32(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  const bits = bitsOf(out, halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
  return out;
}

/** Narrows an array to F16 bits, nearest, ties to even. */
export function f32ToF16(floats: Float32Array, out = new Uint16Array(floats.length)): Uint16Array {
  const bits = bitsOf(floats, out.length);
  for (let i = 0; i < bits.length; i++) out[i] = f32ToF16Bits(bits[i]);
  return out;
}

/** Narrows an array to BF16 bits, nearest, ties to even. */
export function f32ToBf16(floats: Float32Array, out = new Uint16Array(floats.length)): Uint16Array {
  const bits = bitsOf(floats, out.length);
  for (let i = 0; i < bits.length; i++) out[i] = f32ToBf16Bits(bits[i]);
  return out;
}

/** The bits of a float array that has as many elements as the other one. */
function bitsOf(floats: Float32Array, length: number): Uint32Array {
  if (floats.length !== length) {
    throw new ShapeError(`both arrays must have the same length, got ${floats.length} floats and ${length} halves`, {
      op: 'half',
      expected: length,
      got: floats.length,
    });
  }
  return new Uint32Array(floats.buffer, floats.byteOffset, length);
}
