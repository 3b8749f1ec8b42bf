/** What int8 is: weights in blocks with scales, rows in seven bits, and how far their product may be off. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtypeError } from '../../src/errors.ts';
import { add, embedding, linear, reshape, slice, tensor } from '../../src/kernels/index.ts';
import { block, quantise } from '../../src/kernels/quantised.ts';
import { quantisedRow, quantiseRow } from '../../src/kernels/quantised-linear.ts';
import { referenceBackend } from '../../src/kernels/reference-backend.ts';
import type { Use } from '../../src/tensor/backend.ts';
import { widen } from '../../src/tensor/floats.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { quantise as quantised } from '../../src/tensor/upload.ts';
import { runs } from '../seed.ts';
import { awkward, numbers } from './wasm/awkward.ts';

const q8 = (shape: number[], values: ArrayLike<number>, use: Use = 'linear [out, in]') =>
  quantised(referenceBackend(), Float32Array.from(values), { dtype: 'F32', shape, label: 'w' }, use);

describe('quantise', () => {
  it('divides each block by its largest number over 127', () => {
    const w = new Float32Array(2 * block).fill(1);
    w[1] = -127;
    w[block] = -0.5;
    w[block + 1] = 63.5;
    const { data, scales } = quantise(w, { dtype: 'F32', shape: [1, 2 * block] }, '[out, in]');
    expect([...scales.values]).toEqual([1, 0.5]);
    expect([...data.subarray(0, 3)]).toEqual([1, -127, 1]);
    expect([...data.subarray(block, block + 3)]).toEqual([-1, 127, 2]);
  });

  it('gives both layouts the same whole numbers', () => {
    const columns = quantise(Float32Array.of(1, 40, 2, 50, 3, 60), { dtype: 'F32', shape: [3, 2] }, '[in, out]');
    const rows = quantise(Float32Array.of(1, 2, 3, 40, 50, 60), { dtype: 'F32', shape: [2, 3] }, '[out, in]');
    expect([0, 2, 4, 1, 3, 5].map((i) => columns.data[i])).toEqual([...rows.data]);
    expect(columns.scales.values).toEqual(rows.scales.values);
  });

  it('is off by half a scale at most, and a scale by 2⁻⁷ of itself', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.nat(), (K, seed) => {
        const w = awkward(numbers(seed), 1, K);
        const { data, scales } = quantise(w, { dtype: 'F32', shape: [1, K] }, '[out, in]');
        for (let k = 0; k < K; k++) {
          const scale = scales.values[Math.floor(k / block)];
          const begin = k - (k % block);
          const most = Math.max(...w.subarray(begin, begin + block).map(Math.abs));
          expect(scale).toBeLessThanOrEqual((most / 127) * (1 + 2 ** -7) + 2 ** -133);
          expect(Math.abs(data[k])).toBeLessThanOrEqual(127);
          expect(Math.abs(w[k] - scale * data[k])).toBeLessThanOrEqual(scale * 0.50001 + 2 ** -120);
        }
      }),
      runs(100),
    ));
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
      const row = quantisedRow(3 + block);
      const x = new Float32Array(3 + block).fill(5);
      x.set([0, -3, 1e-30]);
      x[block + 1] = bad;
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
          const b = Math.floor(k / block);
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

describe('linear over int8', () => {
  it('is exact where weights and rows are whole steps', () => {
    const x = tensor([[0, 127, 2, 1]]);
    const w = q8([2, 4], [127, 1, -3, 0, 0, -254, 2, 4]);
    expect(linear(x, w, tensor([0.5, -1]), '[out, in]').toArray()).toEqual([[121.5, -32251]]);
  });

  it('is off by no more than its two roundings allow', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.nat(), (K, seed) => {
        const next = numbers(seed);
        const [x, w] = [awkward(next, 1, K, 1e15), awkward(next, 1, K, 1e15)]; // whose product is a float32
        const got = Number(linear(tensor(x, { shape: [1, K] }), q8([1, K], w), undefined, '[out, in]').peek()[0]);
        let [want, bound] = [0, 2 ** -100];
        for (let k = 0; k < K; k++) {
          const begin = k - (k % block);
          const [xs, ws] = [x, w].map((all) => all.subarray(begin, begin + block));
          const dx = (Math.max(0, ...xs) - Math.min(0, ...xs)) / 127 / 2 + 2 ** -121; // what all but vanishes does
          const dw = (Math.max(...ws.map(Math.abs)) / 127 / 2) * (1 + 2 ** -7) + 2 ** -121;
          want += x[k] * w[k];
          bound += 1.001 * (dx * (Math.abs(w[k]) + dw) + dw * Math.abs(x[k]));
          bound += 2 ** -18 * Math.max(...xs.map(Math.abs)) * Math.max(...ws.map(Math.abs));
        }
        expect(Math.abs(got - want)).toBeLessThanOrEqual(bound);
      }),
      runs(200),
    ));

  it('keeps 60-fold columns from drowning the others', () => {
    const [K, next] = [256, numbers(7)];
    const x = Float32Array.from({ length: K }, (_, k) => (next() - 0.5) * ([17, 99, 200].includes(k) ? 60 : 1));
    const w = Float32Array.from({ length: 8 * K }, () => next() - 0.5);
    const row = tensor(x, { shape: [1, K] });
    const product = (weight: Tensor) => widen(linear(row, weight, undefined, '[out, in]').peek(), 'F32');
    const [exact, got] = [product(tensor(w, { shape: [8, K] })), product(q8([8, K], w))];
    const off = exact.map((y, n) => y - got[n]);
    expect(Math.hypot(...off) / Math.hypot(...exact)).toBeLessThan(0.03);
  });
});

describe('a quantised tensor', () => {
  it('gives its rows back as numbers times scales', () => {
    const table = q8([2, 3], [1, 2, 127, 254, 0, -2], 'table');
    expect(embedding(table, tensor(Int32Array.of(1, 0))).toArray()).toEqual([
      [254, 0, -2],
      [1, 2, 127],
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
