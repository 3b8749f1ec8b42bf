/** Whole models with `deterministic: true`: the bits that Chromium gives (test/browser) and Node 24 (npm run test:node24). */
import { describe, expect, it } from 'vitest';
import * as engine from '../../src/index.node.ts';
import { createWasmBackend } from '../../src/kernels/wasm/create.ts';
import { expectedBits, modelBits } from './model-bits.ts';

describe('a deterministic model', () => {
  it('computes the same bits in every engine, in f32, bf16, int8 and int4', async () => {
    const fast = await createWasmBackend();
    expect(fast.info.simd).toBe('relaxed-simd'); // it could be taken
    expect(await modelBits(engine, '')).toEqual(expectedBits);
  });
});
