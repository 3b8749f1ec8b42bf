import { describe, expect, it } from 'vitest';
import { DtypeError } from '../../src/errors.ts';
import { narrow, widen } from '../../src/tensor/floats.ts';

describe('widen and narrow', () => {
  it('go through every float dtype', () => {
    const x = Float32Array.of(1, -0.5, 65504);
    expect(widen(narrow(x, 'F16'), 'F16')).toEqual(x);
    expect(widen(narrow(x, 'BF16'), 'BF16')).toEqual(Float32Array.of(1, -0.5, 65536));
    expect(narrow(x, 'F32')).toBe(x);
    expect(widen(x, 'F32')).toBe(x);
  });

  it('refuse integers', () => {
    expect(() => widen(Int32Array.of(1), 'I32')).toThrow(DtypeError);
    expect(() => widen(Uint16Array.of(1), 'I32')).toThrow('widen: expected F32, F16 or BF16, got I32');
  });
});
