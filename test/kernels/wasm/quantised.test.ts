/** Products in int8 and int4 are the reference's, bit for bit, in every build and whatever the shape. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumericError } from '../../../src/errors.ts';
import { tensor } from '../../../src/kernels/create.ts';
import { embedding } from '../../../src/kernels/embedding.ts';
import { type Layout, linear } from '../../../src/kernels/linear.ts';
import { ReferenceBackend } from '../../../src/kernels/reference-backend.ts';
import { createWasmBackend } from '../../../src/kernels/wasm/create.ts';
import type { Backend } from '../../../src/tensor/backend.ts';
import type { QuantisedDtype } from '../../../src/tensor/dtype.ts';
import { widen } from '../../../src/tensor/floats.ts';
import { scope } from '../../../src/tensor/scope.ts';
import { quantise } from '../../../src/tensor/upload.ts';
import { runs } from '../../seed.ts';
import { awkward, numbers } from './awkward.ts';
import { formed } from './formed.ts';

interface Case {
  readonly x: Float32Array;
  readonly w: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly layout: Layout;
}

const dtypes: readonly QuantisedDtype[] = ['Q8', 'Q4'];

const cases = fc
  .record({
    M: fc.integer({ min: 1, max: 15 }),
    N: fc.integer({ min: 1, max: 70 }),
    K: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 120, max: 300 })),
    layout: fc.constantFrom<Layout>('[out, in]', '[in, out]'),
    biased: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ M, N, K, layout, biased, seed }): Case => {
    const next = numbers(seed);
    const bias = biased ? awkward(next, 1, N) : undefined;
    return { x: awkward(next, M, K), w: awkward(next, N, K), bias, M, N, K, layout };
  });

/** Bits of x·W + bias on a backend, and of the weight's rows where it is a table. */
function bitsOn(backend: Backend, dtype: QuantisedDtype, { x, w, bias, M, N, K, layout }: Case): Uint32Array[] {
  return scope(() => {
    const shape = layout === '[out, in]' ? [N, K] : [K, N];
    const weight = quantise(backend, w.slice(), { dtype, shape }, `linear ${layout}`);
    const rows = tensor([0, shape[0] - 1, shape[0] >> 1], { backend, dtype: 'I32' });
    const all = [
      linear(tensor(x, { backend, shape: [M, K] }), weight, bias && tensor(bias, { backend }), layout),
      embedding(weight, rows),
    ];
    return all.map((t) => new Uint32Array(widen(t.peek(), 'F32').slice().buffer));
  });
}

const builds: readonly [string, () => Promise<Backend>][] = [
  ['what is fastest here', () => createWasmBackend()],
  ['dots in i32', () => formed({ wideDots: true })],
  ['dots in i32, tiles for pairs', () => formed({ wideDots: true, paired: true })],
  ['dots by way of i16', () => formed({ wideDots: false })],
  ['plain SIMD', () => createWasmBackend({ deterministic: true })],
];

const forms = dtypes.flatMap((dtype) => builds.map(([name, make]) => [dtype, name, make] as const));

describe.each(forms)('%s with %s', (dtype, _name, make) => {
  it('gives the bits of the reference: odd sizes, outliers, constant rows, zeros, all but zeros', async () => {
    const [reference, wasm] = [new ReferenceBackend(), await make()];
    fc.assert(
      fc.property(cases, (given) => {
        expect(bitsOn(wasm, dtype, given)).toEqual(bitsOn(reference, dtype, given));
      }),
      runs(60),
    );
    expect(wasm.memory.blocks).toBe(0);
    wasm.dispose();
  });

  it('gives a row the same bits alone as among others', async () => {
    const wasm = await make();
    fc.assert(
      fc.property(cases, (given) => {
        const [whole] = bitsOn(wasm, dtype, given);
        const rows = Array.from({ length: given.M }, (_, m) => {
          const x = given.x.subarray(m * given.K, (m + 1) * given.K);
          return [...bitsOn(wasm, dtype, { ...given, x, M: 1 })[0]];
        });
        expect([...whole]).toEqual(rows.flat());
      }),
      runs(20),
    );
    wasm.dispose();
  });

  it('has room for the largest sums there are', async () => {
    const [reference, wasm] = [new ReferenceBackend(), await make()];
    const [N, K] = [33, 200];
    const least = dtype === 'Q8' ? -127 : -8;
    const w = Float32Array.from({ length: N * K }, (_, i) => (i % 32 === 0 ? least : i % 3 === 0 ? least : -least));
    for (const M of [1, 2, 6]) {
      for (const x of [1, -1]) {
        const given = { x: new Float32Array(M * K).fill(x), w, bias: undefined, M, N, K, layout: '[in, out]' } as const;
        for (const all of [w, w.map(() => least), w.map((_, i) => (i < N ? least : -least - 1))]) {
          expect(bitsOn(wasm, dtype, { ...given, w: all })).toEqual(bitsOn(reference, dtype, { ...given, w: all }));
        }
      }
    }
    wasm.dispose();
  });

  it('passes a NaN on to its own row and no other', async () => {
    const wasm = await make();
    const w = Float32Array.from({ length: 8 * 130 }, (_, i) => Math.sin(i));
    const x = new Float32Array(3 * 130).fill(1);
    x[130 + 129] = Number.NaN;
    const [bits] = bitsOn(wasm, dtype, { x, w, bias: undefined, M: 3, N: 8, K: 130, layout: '[out, in]' });
    const y = new Float32Array(bits.buffer);
    expect([...y].map(Number.isNaN)).toEqual([...Array(24)].map((_, i) => i >= 8 && i < 16));
    wasm.dispose();
  });

  it.each(['[out, in]', '[in, out]'] as const)(
    'refuses weights %s that are not finite, and keeps nothing',
    async (layout) => {
      const wasm = await make();
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const w = new Float32Array(40 * 40).fill(1);
        w[777] = bad;
        const spec = { dtype, shape: [40, 40], label: 'h.0.attn' } as const;
        expect(() => quantise(wasm, w, spec, `linear ${layout}`)).toThrow(NumericError);
        expect(() => quantise(new ReferenceBackend(), w, spec, `linear ${layout}`)).toThrow(
          'a weight to be quantised must hold finite numbers: [40, 40] ("h.0.attn") does not',
        );
      }
      expect(wasm.memory).toEqual({ blocks: 0, bytes: 0 });
      wasm.dispose();
    },
  );
});
