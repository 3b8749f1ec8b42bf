/** Attention in tiles, over sizes that leave remainders everywhere: a query has the bits it has alone. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention } from '../../../src/kernels/attention.ts';
import { attentionScores } from '../../../src/kernels/attention-scores.ts';
import { mix } from '../../../src/kernels/mix.ts';
import { slice } from '../../../src/kernels/slice.ts';
import { softmax } from '../../../src/kernels/softmax.ts';
import type { Backend } from '../../../src/tensor/backend.ts';
import { scope } from '../../../src/tensor/scope.ts';
import { type Shape, sizeOf } from '../../../src/tensor/shape.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { upload } from '../../../src/tensor/upload.ts';
import { runs } from '../../seed.ts';
import { formed } from './formed.ts';

const sizes = fc.record({
  H: fc.integer({ min: 1, max: 3 }),
  T: fc.integer({ min: 6, max: 20 }),
  past: fc.integer({ min: 0, max: 60 }),
  E: fc.constantFrom(4, 10, 16, 20, 32, 64),
  causal: fc.boolean(),
});

describe.each([false, true])('attention on wasm, tiles for pairs: %s', (paired) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await formed({ paired });
  });
  afterAll(() => backend.dispose());

  const made = (shape: Shape, seed: number): Tensor =>
    upload(
      backend,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + i * 0.7)),
      { dtype: 'F32', shape },
    );

  const bits = (t: Tensor) => [...new Uint32Array(t.peek().slice().buffer)];

  it('scores and mixtures of many queries are those of each alone', () => {
    fc.assert(
      fc.property(sizes, ({ H, T, past, E, causal }) => {
        scope(() => {
          const S = past + T;
          const [q, keys, values] = [made([1, H, T, E], 1), made([S, 1, H, E], 2), made([S, 1, H, E], 3)];
          const attend = (some: Tensor, before: number): Tensor[] => {
            const scores = attentionScores(some, keys, 0.3);
            const options = causal ? { past: before } : {};
            const pattern = softmax(scores, options);
            return [scores, mix(pattern, values), attention(some, keys, values, { scale: 0.3, ...options })];
          };
          const together = attend(q, past);
          expect(bits(together[2])).toEqual(bits(together[1]));
          for (let t = 0; t < T; t++) {
            const alone = attend(slice(q, 2, t, t + 1), past + t);
            for (const [i, all] of together.entries()) expect(bits(slice(all, 2, t, t + 1))).toEqual(bits(alone[i]));
          }
        });
      }),
      runs(40),
    );
  });

  it('values behind a causal mask change nothing, whatever they are', () => {
    scope(() => {
      const pattern = softmax(made([1, 1, 12, 12], 1), { past: 0 });
      const hostile = new Float32Array(12 * 16).map((_, i) => (i < 6 * 16 ? Math.sin(i) : Number.NaN));
      const z = mix(pattern, upload(backend, hostile, { dtype: 'F32', shape: [12, 1, 1, 16] }));
      expect(slice(z, 2, 0, 6).peek().some(Number.isNaN)).toBe(false);
    });
  });
});
