/** What int8 and int4 are: weights in blocks with scales, rows in seven bits, and how far their product may be off. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtypeError } from '../../src/errors.ts';
import { codings, longestBlock } from '../../src/kernels/codings.ts';
import { add, embedding, linear, reshape, slice, tensor } from '../../src/kernels/index.ts';
import { type QuantisedSpec, quantise } from '../../src/kernels/quantised.ts';
import { quantisedRow, quantiseRow } from '../../src/kernels/quantised-linear.ts';
import { referenceBackend } from '../../src/kernels/reference-backend.ts';
import { inPairs, outOfPairs } from '../../src/kernels/stored-quantised.ts';
import type { Use } from '../../src/tensor/backend.ts';
import type { QuantisedDtype } from '../../src/tensor/dtype.ts';
import { widen } from '../../src/tensor/floats.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { quantise as quantised } from '../../src/tensor/upload.ts';
import { runs } from '../seed.ts';
import { awkward, numbers } from './wasm/awkward.ts';

const dtypes: readonly QuantisedDtype[] = ['Q8', 'Q4'];
const weight = (dtype: QuantisedDtype, shape: number[], values: ArrayLike<number>, use: Use = 'linear [out, in]') =>
  quantised(referenceBackend(), Float32Array.from(values), { dtype, shape, label: 'w' }, use);
const q8 = (shape: number[], values: ArrayLike<number>, use?: Use) => weight('Q8', shape, values, use);
const spec = (dtype: QuantisedDtype, shape: number[]): QuantisedSpec => ({ dtype, shape });

describe('quantise', () => {
  it('to 8 bits divides each block of 64 by its largest number over 127', () => {
    const w = new Float32Array(128).fill(1);
    w[1] = -127;
    w[64] = -0.5;
    w[65] = 63.5;
    const { data, scales } = quantise(w, spec('Q8', [1, 128]), '[out, in]');
    expect([...scales.values]).toEqual([1, 0.5]);
    expect([...data.subarray(0, 3)]).toEqual([1, -127, 1]);
    expect([...data.subarray(64, 67)]).toEqual([-1, 127, 2]);
  });

  it('to 4 bits divides each block of 32 by the number farthest from 0 over −8', () => {
    const w = new Float32Array(96).fill(1);
    w.set([4, -3, -4.4, 0.3], 0); // −4.4 is the farthest: 0.55, as a bfloat16 0.55078125
    w.set([6, -2, 0.4], 32); //      6 is: a scale below 0
    w.set([1, -1], 64); //           a tie: −1 is taken, and 1 is one step too far
    const { data, scales } = quantise(w, spec('Q4', [1, 96]), '[out, in]');
    expect([...scales.values]).toEqual([0.55078125, -0.75, 0.125]);
    expect([...data.subarray(0, 5)]).toEqual([7, -5, -8, 1, 2]);
    expect([...data.subarray(32, 36)]).toEqual([-8, 3, -1, -1]);
    expect([...data.subarray(64, 66)]).toEqual([7, -8]);
  });

  it.each(dtypes)('to %s makes nothing of zeros, whatever their sign', (dtype) => {
    const { data, scales } = quantise(Float32Array.of(-0, 0, -0), spec(dtype, [1, 3]), '[out, in]');
    expect([[...scales.values], [...data]]).toEqual([[0], [0, 0, 0]]);
  });

  it.each(dtypes)('gives both layouts the same whole numbers of %s', (dtype) => {
    const columns = quantise(Float32Array.of(1, 40, 2, 50, 3, 60), spec(dtype, [3, 2]), '[in, out]');
    const rows = quantise(Float32Array.of(1, 2, 3, 40, 50, 60), spec(dtype, [2, 3]), '[out, in]');
    expect([0, 2, 4, 1, 3, 5].map((i) => columns.data[i])).toEqual([...rows.data]);
    expect(columns.scales.values).toEqual(rows.scales.values);
  });

  it.each([
    ['Q8', 1 / 127, 2 ** -7, 0.5],
    ['Q4', 1 / 8, 2 ** -8, 1], // the number opposite to the farthest one may be 8 steps off, and gets 7
  ] as const)(
    'to %s is off by a part of a scale at most, and a scale by little of itself',
    (dtype, step, rounding, part) =>
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 150 }), fc.nat(), (K, seed) => {
          const { block, least, most } = codings[dtype];
          const w = awkward(numbers(seed), 1, K);
          const { data, scales } = quantise(w, spec(dtype, [1, K]), '[out, in]');
          for (let k = 0; k < K; k++) {
            const scale = Math.abs(scales.values[Math.floor(k / block)]);
            const begin = k - (k % block);
            const largest = Math.max(...w.subarray(begin, begin + block).map(Math.abs));
            expect(scale).toBeLessThanOrEqual(largest * step * (1 + rounding) + 2 ** -133);
            expect(data[k]).toBeLessThanOrEqual(most);
            expect(data[k]).toBeGreaterThanOrEqual(least);
            const back = scales.values[Math.floor(k / block)] * data[k];
            expect(Math.abs(w[k] - back)).toBeLessThanOrEqual(scale * (part + 0.00001 + 8 * rounding) + 2 ** -120);
          }
        }),
        runs(100),
      ),
  );

  it('to 4 bits is off by 8.6 % of plain numbers', () => {
    const next = numbers(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const w = Float32Array.from({ length: 64 * 768 }, normal);
    const { data, scales } = quantise(w, spec('Q4', [64, 768]), '[out, in]');
    const off = w.map((x, i) => x - scales.values[Math.floor(i / 32)] * data[i]);
    expect(Math.hypot(...off) / Math.hypot(...w)).toBeCloseTo(0.086, 3);
  });
});

describe('quantiseRow', () => {
  it('spreads each block and 0 over 0 … 127, from the least number to the largest', () => {
    const row = quantisedRow(4);
    quantiseRow(Float32Array.of(-27, 100, 0, 0.6), 0, row);
    expect(row).toEqual({
      data: Uint8Array.of(0, 127, 27, 28),
      scales: Float32Array.of(1),
      zeros: Uint8Array.of(27),
    });
  });

  it('keeps 0 as it is, and has no scale where a number is not finite', () => {
    for (const bad of [Infinity, -Infinity, Number.NaN]) {
      const row = quantisedRow(3 + longestBlock);
      const x = new Float32Array(3 + longestBlock).fill(5);
      x.set([0, -3, 1e-30]);
      x[longestBlock + 1] = bad;
      quantiseRow(x, 0, row);
      expect(row.data[0]).toBe(row.zeros[0]);
      expect(row.scales).toEqual(Float32Array.of(8 / 127, Number.NaN));
    }
  });

  it('stays within seven bits and half a step, even where the range of a block is the range of float32', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.nat(), fc.boolean(), (K, seed, huge) => {
        const x = awkward(numbers(seed), 1, K);
        if (huge) x.set([3.4e38, -3.4e38].slice(0, K));
        const row = quantisedRow(K);
        quantiseRow(x, 0, row);
        for (let k = 0; k < K; k++) {
          const b = Math.floor(k / longestBlock);
          expect(row.data[k]).toBeLessThanOrEqual(127);
          if (huge) continue;
          const back = row.scales[b] * (row.data[k] - row.zeros[b]);
          const size = Math.max(...x.map(Math.abs));
          expect(Math.abs(back - x[k])).toBeLessThanOrEqual(row.scales[b] * 0.5001 + size * 2 ** -22 + 2 ** -120);
        }
      }),
      runs(100),
    ));
});

describe('linear over whole numbers', () => {
  it('is exact where weights and rows are whole steps', () => {
    const x = tensor([[0, 127, 2, 1]]);
    const w = q8([2, 4], [127, 1, -3, 0, 0, -254, 2, 4]);
    expect(linear(x, w, tensor([0.5, -1]), '[out, in]').toArray()).toEqual([[121.5, -32251]]);
    const v = weight('Q4', [2, 4], [-8, 1, -3, 0, 0, 16, 2, -14]);
    expect(linear(x, v, tensor([0.5, -1]), '[out, in]').toArray()).toEqual([[121.5, 2021]]);
  });

  it.each([
    ['Q8', 1 / 254, 2 ** -7],
    ['Q4', 1 / 8, 2 ** -5],
  ] as const)('%s is off by no more than its two roundings allow', (dtype, step, rounding) =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.nat(), (K, seed) => {
        const next = numbers(seed);
        const [x, w] = [awkward(next, 1, K, 1e15), awkward(next, 1, K, 1e15)]; // whose product is a float32
        const row = tensor(x, { shape: [1, K] });
        const got = Number(linear(row, weight(dtype, [1, K], w), undefined, '[out, in]').peek()[0]);
        let [want, bound] = [0, 2 ** -100];
        const around = (all: Float32Array, k: number, block: number) =>
          all.subarray(k - (k % block), k - (k % block) + block);
        for (let k = 0; k < K; k++) {
          const [xs, ws] = [around(x, k, longestBlock), around(w, k, codings[dtype].block)];
          const dx = (Math.max(0, ...xs) - Math.min(0, ...xs)) / 127 / 2 + 2 ** -121; // what all but vanishes does
          const dw = Math.max(...ws.map(Math.abs)) * step * (1 + rounding) + 2 ** -121;
          want += x[k] * w[k];
          bound += 1.001 * (dx * (Math.abs(w[k]) + dw) + dw * Math.abs(x[k]));
          bound += 2 ** -18 * Math.max(...xs.map(Math.abs)) * Math.max(...ws.map(Math.abs));
        }
        expect(Math.abs(got - want)).toBeLessThanOrEqual(bound);
      }),
      runs(200),
    ),
  );

  it.each([
    ['Q8', 0.03],
    ['Q4', 0.1],
  ] as const)('%s keeps 60-fold columns from drowning the others', (dtype, most) => {
    const [K, next] = [256, numbers(7)];
    const x = Float32Array.from({ length: K }, (_, k) => (next() - 0.5) * ([17, 99, 200].includes(k) ? 60 : 1));
    const w = Float32Array.from({ length: 8 * K }, () => next() - 0.5);
    const row = tensor(x, { shape: [1, K] });
    const product = (weight: Tensor) => widen(linear(row, weight, undefined, '[out, in]').peek(), 'F32');
    const [exact, got] = [product(tensor(w, { shape: [8, K] })), product(weight(dtype, [8, K], w))];
    const off = exact.map((y, n) => y - got[n]);
    expect(Math.hypot(...off) / Math.hypot(...exact)).toBeLessThan(most);
  });
});

describe('numbers of 4 bits in a file', () => {
  it('stand in pairs, the first one in the lower half, and come back', () => {
    expect([...inPairs(Int8Array.of(-8, 7, 0, 1, -1, 2), 3)]).toEqual([0x78, 0x00, 0xf1, 0x02]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: -8, max: 7 })), (columns, all) => {
        const data = Int8Array.from(all.slice(0, all.length - (all.length % columns)));
        expect(outOfPairs(inPairs(data, columns), columns)).toEqual(data);
      }),
      runs(100),
    );
  });
});

describe('a quantised tensor', () => {
  it('gives its rows back as numbers times scales', () => {
    const table = q8([2, 3], [1, 2, 127, 254, 0, -2], 'table');
    expect(embedding(table, tensor(Int32Array.of(1, 0))).toArray()).toEqual([
      [254, 0, -2],
      [1, 2, 127],
    ]);
    const small = weight('Q4', [2, 3], [4, -8, 7, 2, 16, -14], 'table');
    expect(embedding(small, tensor(Int32Array.of(1, 0))).toArray()).toEqual([
      [2, 16, -14],
      [4, -8, 7],
    ]);
  });

  it('is read in the layout it was made for, and by linear and embedding alone', () => {
    const [w, x] = [q8([2, 2], [1, 2, 3, 4]), tensor([[1, 2]])];
    const refused: [() => unknown, string][] = [
      [() => linear(x, w, undefined, '[in, out]'), 'a weight quantised as [out, in] cannot be read as [in, out]'],
      [() => linear(w, x, undefined, '[in, out]'), '"x" must be F32, F16 or BF16, got Q8 [2, 2] ("w")'],
      [() => add(w, x), 'a quantised tensor is read by linear and embedding alone, got [2, 2] ("w")'],
      [() => slice(w, 0, 0, 1), 'a quantised tensor is read by linear and embedding alone'],
      [() => reshape(w, [4]), 'a quantised tensor is read by linear and embedding alone'],
      [() => tensor([1], { dtype: 'Q8' }), '"dtype" must be one of F32, F16, BF16, I32, I64, U8, BOOL, I8, got "Q8"'],
    ];
    for (const [run, text] of refused) {
      expect(run).toThrow(DtypeError);
      expect(run).toThrow(text);
    }
  });
});
