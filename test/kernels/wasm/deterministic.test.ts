/** `deterministic: true`: the same bits on every machine, because nothing in it is left to the machine. */
import { describe, expect, it } from 'vitest';
import { attentionScores } from '../../../src/kernels/attention-scores.ts';
import { gelu } from '../../../src/kernels/gelu.ts';
import { layerNorm } from '../../../src/kernels/layer-norm.ts';
import { linear } from '../../../src/kernels/linear.ts';
import { mix } from '../../../src/kernels/mix.ts';
import { rmsNorm } from '../../../src/kernels/rms-norm.ts';
import { softmax } from '../../../src/kernels/softmax.ts';
import { tanh } from '../../../src/kernels/tanh.ts';
import { createWasmBackend } from '../../../src/kernels/wasm/create.ts';
import type { Shape } from '../../../src/tensor/shape.ts';
import { sizeOf } from '../../../src/tensor/shape.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { upload } from '../../../src/tensor/upload.ts';

const backend = await createWasmBackend({ deterministic: true });

/** Numbers between −2 and 2, the same on every machine. */
function made(shape: Shape, seed: number): Tensor {
  let state = seed;
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
  return upload(backend, data, { dtype: 'F32', shape });
}

/** FNV-1a of the bits. */
async function checksum(tensor: Tensor): Promise<string> {
  const bytes = new Uint8Array((await tensor.readFloats()).buffer);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

describe('the deterministic build', () => {
  it.each([1, 2, 7])('multiplies %d rows with the bits of plain float32 arithmetic in TypeScript', async (M) => {
    const [K, N] = [530, 37];
    const [x, w, b] = [made([M, K], 1), made([N, K], 2), made([N], 3)];
    const [xs, ws, bs] = await Promise.all([x, w, b].map((t) => t.readFloats()));
    const want = Float32Array.from({ length: M * N }, (_, i) => {
      const [m, n] = [Math.floor(i / N), i % N];
      let sum = 0;
      for (let k = 0; k < K; k++) sum = Math.fround(sum + Math.fround(xs[m * K + k] * ws[n * K + k]));
      return sum + bs[n];
    });
    expect(await linear(x, w, b, '[out, in]').readFloats()).toEqual(want);
  });

  it('gives these bits in Node 20, in Node 24 (npm run test:node24) and in Chromium', async () => {
    const x = made([5, 37], 4);
    const [q, keys, values] = [made([2, 3, 5, 7], 5), made([9, 2, 3, 7], 6), made([9, 2, 3, 7], 7)];
    const scores = attentionScores(q, keys, 0.3);
    const pattern = softmax(scores, { past: 4, scale: 2 });
    const sums = {
      linear: linear(x, made([41, 37], 8), made([41], 9), '[out, in]'),
      layerNorm: layerNorm(x, made([37], 10), made([37], 11), { eps: 1e-5 }),
      rmsNorm: rmsNorm(x, made([37], 10), { eps: 1e-6 }),
      gelu: gelu(x, { form: 'tanh' }),
      tanh: tanh(x),
      scores,
      pattern,
      mix: mix(pattern, values),
    };
    const got = Object.fromEntries(
      await Promise.all(Object.entries(sums).map(async ([name, t]) => [name, await checksum(t)])),
    );
    expect(got).toEqual({
      linear: 'a014ab7d',
      layerNorm: 'e815b9f3',
      rmsNorm: '5dbc669a',
      gelu: '9162ea99',
      tanh: 'aab1f12c',
      scores: '5aba6461',
      pattern: '916bb512',
      mix: '53bfca1b',
    });
  });
});
