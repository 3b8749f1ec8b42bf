/** Products over sizes that leave remainders everywhere, with weights as they are uploaded: packed once. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embedding } from '../../../src/kernels/embedding.ts';
import { linear } from '../../../src/kernels/linear.ts';
import { slice } from '../../../src/kernels/slice.ts';
import type { Backend, Use } from '../../../src/tensor/backend.ts';
import { narrow, widen } from '../../../src/tensor/floats.ts';
import { scope } from '../../../src/tensor/scope.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { upload } from '../../../src/tensor/upload.ts';
import { expectClose, u } from '../../close.ts';
import { runs } from '../../seed.ts';
import { formed } from './formed.ts';

let backend: Backend;

const dtypes = ['F32', 'F16', 'BF16'] as const;
const uses: readonly Use[] = ['linear [out, in]', 'linear [in, out]', 'table', 'activation'];

/** M rows, few and many, K inputs, N outputs: tiles of 6, 2 and 1 rows, parts of 32 and 256 inputs, panels of 32. */
const layer = fc.record({
  M: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 14 }) }, fc.integer({ min: 38, max: 44 })),
  K: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 510, max: 530 })),
  N: fc.integer({ min: 1, max: 75 }),
  dtype: fc.constantFrom(...dtypes),
  use: fc.constantFrom(...uses),
  seed: fc.nat(2 ** 20),
});

type Layer = typeof layer extends fc.Arbitrary<infer T> ? T : never;

/** Numbers between −1 and 1 that fill all bits of a float32. */
function numbers(size: number, seed: number): Float32Array {
  let state = seed + 1;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const layoutOf = (use: Use) => (use === 'linear [in, out]' ? '[in, out]' : '[out, in]');

function make({ M, K, N, dtype, use, seed }: Layer) {
  const x = upload(backend, numbers(M * K, seed), { dtype: 'F32', shape: [M, K] });
  const shape = layoutOf(use) === '[out, in]' ? [N, K] : [K, N];
  const w = upload(backend, narrow(numbers(K * N, seed + 1), dtype), { dtype, shape }, use);
  const b = upload(backend, numbers(N, seed + 2), { dtype: 'F32', shape: [N] });
  return { x, w, y: linear(x, w, b, layoutOf(use)) };
}

const floats = (t: Tensor) => widen(t.peek(), t.dtype).slice();

describe.each([false, true])('linear on wasm, tiles for pairs: %s', (paired) => {
  beforeAll(async () => {
    backend = await formed({ paired });
  });
  afterAll(() => backend.dispose());

  it('every row alone has the bits it has among others, whatever the sizes, the dtype and the layout', () =>
    fc.assert(
      fc.property(layer, (l) =>
        scope(() => {
          const { x, w, y } = make(l);
          const b = upload(backend, numbers(l.N, l.seed + 2), { dtype: 'F32', shape: [l.N] });
          for (let i = 0; i < l.M; i++) {
            const alone = linear(slice(x, 0, i, i + 1), w, b, layoutOf(l.use));
            expect(floats(alone)).toEqual(floats(slice(y, 0, i, i + 1)));
          }
        }),
      ),
      runs(60),
    ));

  it('is within its rounding of the product in float64', () =>
    fc.assert(
      fc.property(layer, (l) =>
        scope(() => {
          const { M, K, N, dtype, use, seed } = l;
          const { y } = make(l);
          const [x, b] = [numbers(M * K, seed), numbers(N, seed + 2)];
          const w = widen(narrow(numbers(K * N, seed + 1), dtype), dtype);
          const [kStep, nStep] = layoutOf(use) === '[out, in]' ? [1, K] : [N, 1];
          const want = Float64Array.from({ length: M * N }, (_, i) => {
            const [m, n] = [Math.floor(i / N), i % N];
            let sum = b[n];
            for (let k = 0; k < K; k++) sum += x[m * K + k] * w[k * kStep + n * nStep];
            return sum;
          });
          expectClose(floats(y), want, (K + 2) * u * (K + 1)); // terms are at most 1
        }),
      ),
      runs(60),
    ));

  it('a weight reads back, is cut and is looked up as it was uploaded', () =>
    fc.assert(
      fc.asyncProperty(layer, async ({ K, N, dtype, use, seed }) => {
        const given = narrow(numbers(K * N, seed), dtype);
        const w = upload(backend, given.slice(), { dtype, shape: [N, K] }, use);
        expect(await w.read()).toEqual(given);
        const begin = seed % N;
        const part = slice(w, 0, begin, N);
        expect(await part.read()).toEqual(given.slice(begin * K));
        const ids = upload(backend, Int32Array.of(begin), { dtype: 'I32', shape: [1] });
        const row = embedding(w, ids);
        expect(await row.read()).toEqual(widen(given.slice(begin * K, (begin + 1) * K), dtype));
        for (const t of [w, part, ids, row]) t.dispose();
      }),
      runs(60),
    ));

  it('a weight in F16 that holds an infinity is multiplied with as such', () => {
    scope(() => {
      const x = upload(backend, Float32Array.of(1, 0.5), { dtype: 'F32', shape: [1, 2] });
      const w = upload(backend, Uint16Array.of(0x7c00, 0, 0x0001, 0xfbff), { dtype: 'F16', shape: [2, 2] }, 'table');
      expect([...floats(linear(x, w, undefined, '[out, in]'))]).toEqual([Infinity, Math.fround(2 ** -24 - 32752)]);
      expect([...w.peek()]).toEqual([0x7c00, 0, 0x0001, 0xfbff]);
    });
  });

  it('widens all 65,536 halves as the reference does', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, half) => half);
    const finite = all.map((half) => ((half & 0x7c00) === 0x7c00 ? 0 : half));
    for (const [dtype, halves] of [
      ['F16', finite],
      ['BF16', all],
    ] as const) {
      // biome-ignore format: one line
      scope(() => {
        const table = upload(backend, halves.slice(), { dtype, shape: [256, 256] }, 'table');
        const ids = upload(backend, Int32Array.from({ length: 256 }, (_, i) => i), { dtype: 'I32', shape: [256] });
        const got = floats(embedding(table, ids));
        expect(new Uint32Array(got.buffer)).toEqual(new Uint32Array(widen(halves, dtype).buffer));
      });
    }
  });
});
