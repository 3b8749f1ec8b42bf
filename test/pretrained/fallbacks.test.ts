/** What an engine lacks costs speed alone: the same ids are written by what is left, and `backendInfo` says why. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createWasmBackend } from '../../src/kernels/wasm/create.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import type { LoadOptions } from '../../src/pretrained/load.ts';

const input_ids = [[5, 9, 3, 7, 11]];

async function written(options: LoadOptions = { threads: 2 }) {
  using model = await GPT2LMHeadModel.from_pretrained('test/goldens/gpt2/basic', options);
  const { sequences } = await model.generate({ input_ids, max_new_tokens: 12, min_new_tokens: 12 });
  const { logits } = await model.forward({ input_ids });
  return { sequences, logits: await logits.readFloats(), info: model.backendInfo };
}

const everything = await written();
const validate = WebAssembly.validate;
/** The instruction that tells the probe of relaxed SIMD from that of SIMD. */
const relaxedMadd = 0x85;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('an engine', () => {
  it('with everything runs SIMD kernels in the threads asked for', () => {
    expect(everything.info).toMatchObject({ name: 'wasm', threads: 2, simd: 'relaxed-simd' });
  });

  it.each([
    ['WebAssembly', () => vi.stubGlobal('WebAssembly', undefined), 'this engine has no WebAssembly'],
    ['SIMD', () => vi.spyOn(WebAssembly, 'validate').mockReturnValue(false), 'WebAssembly has no SIMD here'],
  ])('without %s runs the reference loops', async (_what, lose, note) => {
    lose();
    const { sequences, logits, info } = await written();
    expect(info).toMatchObject({ name: 'reference', threads: 1, simd: 'none' });
    expect(info.notes).toEqual(['plain TypeScript loops in float64', note]);
    expect(sequences).toEqual(everything.sequences);
    expect(logits).not.toEqual(everything.logits); // float64 sums: it was not the kernels
  });

  it('without relaxed SIMD runs the other build', async () => {
    vi.spyOn(WebAssembly, 'validate').mockImplementation(
      (bytes) => !new Uint8Array(bytes as ArrayBuffer).includes(relaxedMadd) && validate(bytes),
    );
    const backend = await createWasmBackend({ threads: 2, v8Flags: false }); // a flag of Node 20 would bring it
    const { sequences, info } = await written({ backend });
    backend.dispose();
    expect(info).toMatchObject({ name: 'wasm', threads: 2, simd: 'simd' });
    expect(info.notes).toContain('WebAssembly has no relaxed SIMD here');
    expect(sequences).toEqual(everything.sequences);
  });

  it('without SharedArrayBuffer computes in one thread, with the same bits', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const { sequences, logits, info } = await written();
    expect(info).toMatchObject({ name: 'wasm', threads: 1, simd: 'relaxed-simd' });
    expect(info.notes).toContainEqual(expect.stringMatching(/^one thread, because memory cannot be shared here/));
    expect({ sequences, logits }).toEqual({ sequences: everything.sequences, logits: everything.logits });
  });
});
