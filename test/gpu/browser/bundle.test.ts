/** dist/batonlm.gpu.min.js as a page gets it, minified, with gpu.js given: the trained hybrid writes what Hugging Face wrote. */
import * as gpuJs from 'gpu.js';
import { describe, expect, it } from 'vitest';
import { mode } from './mode.ts';

const at = (path: string): string => new URL(path, location.href).href;
const engine: typeof import('../../../src/index.ts') = await import(/* @vite-ignore */ at('/batonlm.min.js'));
const { gpuBackend }: typeof import('../../../src/gpu.ts') = await import(/* @vite-ignore */ at('/batonlm.gpu.min.js'));

interface Item {
  readonly prompt_ids: number[];
  readonly hybrid: { readonly greedy: { readonly ids: number[] } };
}
const root = process.env.BATON_MODEL_ROOT ?? '';

describe(`the bundle on ${mode}`, () => {
  it('softmax of logarithms is plain fractions, and its errors are those of the engine', async () => {
    const backend = await gpuBackend({ mode, gpu: gpuJs });
    const x = engine.tensor([Math.log(3), Math.log(1), Math.log(4)], { backend });
    const [a, b, c] = await engine.softmax(x).readFloats();
    for (const [got, want] of [[a, 3 / 8], [b, 1 / 8], [c, 1 / 2]]) expect(got).toBeCloseTo(want, 6); // biome-ignore format: one line
    expect(() => engine.tensor([1], { backend }).peek()).toThrow(engine.StateError);
    backend.dispose();
  });

  it('gpu.js is not inside: without it, and without the class of a page, that is the error', async () => {
    await expect(gpuBackend({ mode })).rejects.toMatchObject({
      code: 'LOAD',
      hint: expect.stringContaining('npm install gpu.js'),
    });
    await expect(gpuBackend({ mode, gpu: {} })).rejects.toThrow('"gpu" must be gpu.js');
  });

  it.skipIf(root === '')(`${root === '' ? 'needs ../shared/models: ' : ''}en-de: the hybrid's greedy ids`, async () => {
    const { items }: { items: Item[] } = await (await fetch(`/@fs${root}/en-de/expected.json`)).json();
    const backend = await gpuBackend({ mode, gpu: gpuJs });
    const model = await engine.LlmToSlm.from_pretrained(at(`/@fs${root}/en-de/hybrid`), { backend });
    for (const { prompt_ids, hybrid } of items.slice(0, 6)) {
      const { sequences } = await model.generate({ input_ids: [prompt_ids], max_new_tokens: 48, num_beams: 1 });
      expect(sequences).toEqual([hybrid.greedy.ids]);
    }
    model.dispose();
    expect((await backend.traffic()).handles).toBeLessThan(4); // buckets of distances
    backend.dispose();
  });
});
