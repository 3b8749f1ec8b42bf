import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../../src/kernels/create.ts';
import { ReferenceBackend, referenceBackend } from '../../src/kernels/reference-backend.ts';
import type { Values } from '../../src/kernels/values.ts';

describe('tensor', () => {
  it('takes shape and dtype from what it is given', () => {
    const made = [
      tensor([[1, 2], [3, 4]]), // biome-ignore format: a matrix
      tensor(7),
      tensor([]),
      tensor([[], []]),
      tensor([true, false]),
      tensor([1n, -2n]),
      tensor(Int32Array.of(5)),
      tensor(Uint8Array.of(5)),
      tensor(Int8Array.of(-5)),
      tensor(Float64Array.of(0.1)),
      tensor(BigInt64Array.of(2n ** 62n)),
    ];
    expect(made.map((t) => [t.dtype, t.shape, t.toArray()])).toEqual([
      ['F32', [2, 2], [[1, 2], [3, 4]]], // biome-ignore format: a matrix
      ['F32', [], 7],
      ['F32', [0], []],
      ['F32', [2, 0], [[], []]],
      ['BOOL', [2], [true, false]],
      ['I64', [2], [1n, -2n]],
      ['I32', [1], [5]],
      ['U8', [1], [5]],
      ['I8', [1], [-5]],
      ['F32', [1], [Math.fround(0.1)]],
      ['I64', [1], [2n ** 62n]],
    ]);
  });

  it('takes the dtype, shape and backend it is told', () => {
    const backend = new ReferenceBackend();
    const x = tensor([1, 0.1, -2, 65520], { backend, dtype: 'F16', shape: [2, 2] });
    expect(x.backend).toBe(backend);
    expect(x.toArray()).toEqual([[1, 0.0999755859375], [-2, Infinity]]); // biome-ignore format: a matrix
    expect(tensor([1], {}).backend).toBe(referenceBackend());
    expect(tensor([1, 2], { dtype: 'I64' }).toArray()).toEqual([1n, 2n]);
    expect(tensor([1, 0, true], { dtype: 'BOOL' }).toArray()).toEqual([true, false, true]);
    expect(tensor(Float32Array.of(3), { dtype: 'I32' }).toArray()).toEqual([3]);
    expect(tensor(Uint16Array.of(0x3f80), { dtype: 'BF16' }).toArray()).toEqual([1]);
    expect(tensor(Uint8Array.of(1, 0), { dtype: 'BOOL' }).toArray()).toEqual([true, false]);
  });

  it('copies: what happens to the array later changes nothing', () => {
    const values = Float32Array.of(1, 2);
    const x = tensor(values);
    values[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
  });

  const cyclic: Values[] = [];
  cyclic.push(cyclic);
  const bad: [name: string, make: () => unknown, code: string, message: string][] = [
    ['a short row', () => tensor([[1, 2], [3]]), 'SHAPE', 'values[1] must be an array of 2, got [3]'],
    ['a row too deep', () => tensor([1, [2]]), 'SHAPE', 'values[1] must be a number, got [2]'],
    ['a number for a row', () => tensor([[1], 2]), 'SHAPE', 'values[1] must be an array of 1, got 2'],
    ['an array that holds itself', () => tensor(cyclic), 'SHAPE', 'nested more than 32 deep'],
    ['another shape', () => tensor([1, 2], { shape: [3] }), 'SHAPE', '"shape" [3] needs 3 values, got 2'],
    ['a size that is NaN', () => tensor([1], { shape: [NaN] }), 'SHAPE', 'whole numbers ≥ 0, got NaN'],
    ['a negative size', () => tensor([1], { shape: [-1] }), 'SHAPE', 'whole numbers ≥ 0, got -1'],
    [
      'halves without a dtype',
      () => tensor(Uint16Array.of(1)),
      'DTYPE',
      'a Uint16Array may hold F16 or BF16: say which',
    ],
    ['a boolean among floats', () => tensor([1, true]), 'DTYPE', 'value 1 must be a number for F32, got true'],
    ['a bigint among floats', () => tensor([1, 2n]), 'DTYPE', 'value 1 must be a number for F32, got 2n'],
    ['a fraction as I32', () => tensor([0.5], { dtype: 'I32' }), 'NUMERIC', 'value 0 must be a whole number from'],
    ['NaN as U8', () => tensor([NaN], { dtype: 'U8' }), 'NUMERIC', 'from 0 to 255 for U8, got NaN'],
    ['256 as U8', () => tensor([256], { dtype: 'U8' }), 'NUMERIC', 'from 0 to 255 for U8, got 256'],
    ['2 as BOOL', () => tensor(Uint8Array.of(2), { dtype: 'BOOL' }), 'NUMERIC', 'from 0 to 1 for BOOL, got 2'],
    ['2⁵³ as I64', () => tensor([2 ** 53], { dtype: 'I64' }), 'NUMERIC', 'of 64 bits for I64, got 9007199254740992'],
    ['2⁶³ as I64', () => tensor([2n ** 63n]), 'NUMERIC', 'of 64 bits for I64'],
    ['sizes of zeros', () => zeros([2 ** 40, 2 ** 40]), 'SHAPE', 'more elements than can be counted'],
  ];
  it.each(bad)('rejects %s', (_name, make, code, message) => {
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('rejects what is no dtype, no number and no array, from callers without types', () => {
    const untyped: unknown[] = [
      { dtype: 'F64' },
      'text',
      null,
      undefined,
      new Date(0),
      new DataView(new ArrayBuffer(4)),
    ];
    const [wrong, ...values] = untyped;
    expect(() => Reflect.apply(tensor, undefined, [[1], wrong])).toThrow(
      '"dtype" must be one of F32, F16, BF16, I32, I64, U8, BOOL, I8, got "F64"',
    );
    for (const value of values) {
      expect(() => Reflect.apply(tensor, undefined, [value])).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    }
  });
});

describe('zeros', () => {
  it('is zero in every dtype', () => {
    expect(zeros([2]).toArray()).toEqual([0, 0]);
    expect(zeros([1], { dtype: 'BOOL' }).toArray()).toEqual([false]);
    expect(zeros([1], { dtype: 'I64' }).toArray()).toEqual([0n]);
    expect(zeros([1, 2], { dtype: 'BF16' }).toArray()).toEqual([[0, 0]]);
  });
});
