import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import {
  bf16ToF32,
  bf16ToF32Bits,
  f16ToF32,
  f16ToF32Bits,
  f32ToBf16,
  f32ToBf16Bits,
  f32ToF16,
  f32ToF16Bits,
} from '../../src/tensor/half.ts';
import { runs } from '../seed.ts';

const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
const formats = [
  {
    name: 'F16',
    exponent: 5,
    mantissa: 10,
    widen: f16ToF32,
    narrow: f32ToF16,
    widenBits: f16ToF32Bits,
    narrowBits: f32ToF16Bits,
  },
  {
    name: 'BF16',
    exponent: 8,
    mantissa: 7,
    widen: bf16ToF32,
    narrow: f32ToBf16,
    widenBits: bf16ToF32Bits,
    narrowBits: f32ToBf16Bits,
  },
];

/** The value by the definition of a binary float format: the oracle. */
function valueOfBits(bits: number, exponentBits: number, mantissaBits: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >>> 15 ? -1 : 1;
  const exponent = (bits >>> mantissaBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

const bitsOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0];
const floatOf = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0];

describe('f16ToF32', () => {
  it('reads values a human can check', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00);
    expect([...f16ToF32(halves)]).toEqual([1, -2, 0.333251953125, 65504, 2 ** -24, 2 ** -14, -0, Infinity]);
  });
});

describe('f32ToF16', () => {
  it('rounds to nearest, ties to even, and overflows at 65520', () => {
    const floats = Float32Array.of(2049, 2051, 65519.996, 65520, 2 ** -25, 2 ** -25 * 1.0000001, 3 * 2 ** -25, -1e-30);
    expect([...f32ToF16(floats)]).toEqual([0x6800, 0x6802, 0x7bff, 0x7c00, 0, 1, 2, 0x8000]);
  });
});

describe('bf16ToF32 and f32ToBf16', () => {
  it('keep the upper half of a float32', () => {
    expect([...bf16ToF32(Uint16Array.of(0x3f80, 0x4049, 0xff80))]).toEqual([1, 3.140625, -Infinity]);
    const floats = Float32Array.of(1, floatOf(0x3f808000), floatOf(0x3f818000), 3.4028234663852886e38);
    expect([...f32ToBf16(floats)]).toEqual([0x3f80, 0x3f80, 0x3f82, 0x7f80]);
  });
});

describe.each(formats)('$name', ({ exponent, mantissa, widen, narrow, widenBits, narrowBits }) => {
  it('widens all 65,536 values as the format defines them', () => {
    const got = widen(all);
    expect([...all].filter((bits) => !Object.is(got[bits], valueOfBits(bits, exponent, mantissa)))).toEqual([]);
  });

  it('narrowing undoes widening for all 65,536 values, NaN payloads included', () => {
    expect(narrow(widen(all))).toEqual(all);
  });

  it('array and bit forms agree', () => {
    const wide = new Uint32Array(widen(all).buffer);
    expect(all.every((bits) => wide[bits] === widenBits(bits))).toBe(true);
    fc.assert(
      fc.property(fc.nat(0xffffffff), (bits) => {
        expect(narrow(new Float32Array(Uint32Array.of(bits).buffer))[0]).toBe(narrowBits(bits));
      }),
      runs(500),
    );
  });

  it('narrowing picks the nearest value, and the even one of two', () => {
    const nearTies = fc.tuple(fc.nat(0xffff), fc.integer({ min: -2, max: 2 })).map(([half, step]) => {
      const [low, high] = [valueOfBits(half, exponent, mantissa), valueOfBits((half + 1) & 0xffff, exponent, mantissa)];
      return (bitsOf((low + high) / 2) + step) >>> 0;
    });
    fc.assert(
      fc.property(fc.oneof(fc.nat(0xffffffff), nearTies), (bits) => {
        const x = floatOf(bits);
        const half = narrowBits(bits);
        fc.pre(Number.isFinite(x));
        const got = valueOfBits(half, exponent, mantissa);
        // Infinity stands for the value the next exponent would have: 2^(max + 1).
        const numeric = (v: number): number => (Number.isFinite(v) ? v : Math.sign(v) * 2 ** (2 ** (exponent - 1)));
        const error = Math.abs(numeric(got) - x);
        expect(Object.is(Math.sign(got), Math.sign(x)) || got === 0).toBe(true);
        for (const neighbour of [half - 1, half + 1]) {
          if ((neighbour & 0x7fff) > (0x7fff & ~(2 ** mantissa - 1)) || neighbour >>> 15 !== half >>> 15) continue;
          const other = Math.abs(numeric(valueOfBits(neighbour, exponent, mantissa)) - x);
          expect(error < other || (error === other && half % 2 === 0), `${x}`).toBe(true);
        }
      }),
      runs(2000),
    );
  });

  it('a NaN stays a NaN whose sign is kept, whatever its payload', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0x7f800001, max: 0x7fffffff }), fc.boolean(), (payload, negative) => {
        const half = narrowBits(negative ? (payload | 0x80000000) >>> 0 : payload);
        expect(valueOfBits(half, exponent, mantissa)).toBeNaN();
        expect(half >>> 15).toBe(negative ? 1 : 0);
      }),
      runs(200),
    );
  });

  it('arrays of different lengths are a ShapeError', () => {
    const message = 'half: both arrays must have the same length, got 2 floats and 3 halves';
    expect(() => widen(new Uint16Array(3), new Float32Array(2))).toThrowError(ShapeError);
    expect(() => narrow(new Float32Array(2), new Uint16Array(3))).toThrowError(message);
  });

  it('works on views that start in the middle of a buffer', () => {
    const floats = new Float32Array(8).subarray(3, 5);
    widen(Uint16Array.of(0x0000, 0x8000), floats);
    expect([...floats]).toEqual([0, -0]);
  });
});
