/** The goldens that came with the repository on the wasm backend: the same ids as on the reference. */
import { describe, expect, it } from 'vitest';
import { type AnyModel, AutoModel } from '../../src/pretrained/auto-model.ts';
import type { LoadOptions } from '../../src/pretrained/load.ts';
import { goldenFolder } from '../generate/goldens.ts';

const folders = ['gpt2/basic', 'gpt2/bf16', 'gpt2/untied', 't5/v10', 't5/v11', 'hybrid/gpt2-add', 'hybrid/t5-add'];
const places = folders
  .map((name) => ({ name, folder: goldenFolder(name) }))
  .filter(({ folder }) => folder !== undefined);

const dtypes = ['f32', 'f16', 'bf16'] as const;
const asked = { max_new_tokens: 12, min_new_tokens: 12, do_sample: false } as const;

describe.each(places)('$name', ({ folder = '' }) => {
  const open = (options: LoadOptions) => AutoModel.from_pretrained(folder, options);
  const write = async (model: AnyModel) => {
    if (!('generate' in model)) throw new Error(`${folder} writes nothing`);
    const input_ids = [[5, 9, 3, 7, 11], [1, 8, 3, 2, 4]]; // biome-ignore format: one line
    return (await model.generate({ ...asked, input_ids })).sequences;
  };

  it.each(dtypes)('writes what the reference writes, resident as %s', async (dtype) => {
    using reference = await open({ dtype });
    using wasm = await open({ dtype, backend: 'wasm' });
    using plain = await open({ dtype, backend: 'wasm', deterministic: true });
    expect([wasm.backend.info.simd, plain.backend.info.simd]).toEqual(['relaxed-simd', 'simd']);
    const ids = await write(reference);
    expect(await write(wasm)).toEqual(ids);
    expect(await write(plain)).toEqual(ids);
  });
});
