/** The SIMD kernels keep the contract of every backend, in both builds, and it is they that ran. */
import { describe, expect, it } from 'vitest';
import { ops } from '../../../src/kernels/index.ts';
import { createWasmBackend } from '../../../src/kernels/wasm/create.ts';
import { kernelOf } from '../../../src/kernels/wasm/table.ts';
import { opContract } from '../contract.ts';
import { formed } from './formed.ts';
import { teamOf } from './team.ts';

opContract('wasm, relaxed SIMD', () => createWasmBackend(), 'float32');
opContract('wasm, tiles for pairs', () => formed({ paired: true }), 'float32');
opContract('wasm, plain SIMD', () => createWasmBackend({ deterministic: true }), 'float32');

// A page must be isolated for its memory to be shared; the tests' page is not.
if (globalThis.crossOriginIsolated !== false) {
  opContract('wasm, three threads', async () => (await teamOf(3)).backend, 'float32');
}

describe('the wasm backend', () => {
  it('is what the contract ran on, in the builds that were asked for', async () => {
    expect((await createWasmBackend()).info).toMatchObject({ name: 'wasm', simd: 'relaxed-simd' });
    expect((await createWasmBackend({ deterministic: true })).info).toMatchObject({
      name: 'wasm',
      simd: 'simd',
      notes: expect.arrayContaining(['without relaxed SIMD, because deterministic is true']),
    });
  });

  it.each([...ops.keys()])('has a kernel for %s', (name) => {
    expect(kernelOf(name)).toBeDefined();
  });
});
