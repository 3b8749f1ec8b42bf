import { describe, expect, it } from 'vitest';
import { bitsPerElement, fileDtypes, holds, isFileDtype, valuesOf } from '../../src/safetensors/dtypes.ts';

describe('valuesOf', () => {
  it('is a view of aligned bytes and a copy of others, of a Node Buffer too', () => {
    const memory = new Uint8Array(16);
    for (const begin of [0, 1, 4]) {
      for (const bytes of [memory.subarray(begin, begin + 8), Buffer.from(memory.buffer, begin, 8)]) {
        bytes.set([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
        const values = valuesOf(bytes, 'F32');
        expect(values).toEqual(Float32Array.of(1, 2));
        expect(values.buffer === memory.buffer).toBe(begin % 4 === 0);
      }
    }
  });
});

describe('fileDtypes', () => {
  it('are in the order of alignment, and no property of every object is one', () => {
    const bits = fileDtypes.map(bitsPerElement).filter((n) => n >= 8);
    expect(bits).toEqual(bits.toSorted((a, b) => a - b));
    expect(fileDtypes).toHaveLength(22);
    expect(['toString', '__proto__', 'f32', ''].some(isFileDtype)).toBe(false);
    expect(holds(new Float32Array(1), 'F32')).toBe(true);
    expect(holds(new Float32Array(1), 'I32')).toBe(false);
  });
});
