/** Flags of V8, on while the kernels compile. */
import { describe, expect, it } from 'vitest';
import { linear } from '../../../src/kernels/linear.ts';
import { buildFor } from '../../../src/kernels/wasm/engine.ts';
import { upload } from '../../../src/tensor/upload.ts';
import { formed } from './formed.ts';

const major = process.versions.node.split('.')[0];
/** (func (result v128) …) with one relaxed instruction. */
const relaxed = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 0x85, 2, 11],
]);

async function built(v8Flags: boolean) {
  const build = await buildFor({ v8Flags });
  if (typeof build === 'string') throw new Error(build);
  return build;
}

describe('V8 flags', () => {
  it('are on for the kernels alone: what is compiled later is compiled as before', async () => {
    const before = WebAssembly.validate(relaxed);
    const { flags, simd, notes } = await built(true);
    expect(WebAssembly.validate(relaxed)).toBe(before);
    expect(simd).toBe('relaxed-simd');
    expect(flags.includes('--experimental-wasm-relaxed-simd')).toBe(major === '20');
    expect(notes.some((note) => note.startsWith('V8 flags were on'))).toBe(flags.length > 0);
  });

  it('make Node 24 join pairs of vectors where its V8 can', async () => {
    const variables: Readonly<Record<string, unknown>> = process.config.variables;
    const can = major === '24' && variables.v8_enable_wasm_simd256_revec === 1;
    expect((await built(true)).paired).toBe(can);
  });

  it('can be left alone: then the engine is taken as it is', async () => {
    const { flags, simd, paired } = await built(false);
    expect({ flags, paired }).toEqual({ flags: [], paired: false });
    expect(simd).toBe(WebAssembly.validate(relaxed) ? 'relaxed-simd' : 'simd');
  });

  it('change no bit: larger tiles have the sums of smaller ones', async () => {
    const [small, large] = await Promise.all([false, true].map((paired) => formed({ paired })));
    const [M, K, N] = [15, 300, 70];
    const numbers = (size: number, by: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(by * i));
    const [few, many] = [small, large].map((backend) => {
      const x = upload(backend, numbers(M * K, 1), { dtype: 'F32', shape: [M, K] });
      const w = upload(backend, numbers(N * K, 2), { dtype: 'F32', shape: [N, K] }, 'linear [out, in]');
      return linear(x, w, undefined, '[out, in]').peek().slice();
    });
    expect(many).toEqual(few);
  });
});
