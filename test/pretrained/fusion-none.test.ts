/** A hybrid that never reads with its large model does not hold it: of GPT-2 alone the table that its prompts borrow. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { openSafetensors, writeSafetensors } from '../../src/safetensors/index.ts';
import { bytesOf } from '../../src/tensor/shape.ts';
import type { Files } from './stored.ts';

const input_ids = [[5, 9, 3, 7, 11]];
const goldens = 'test/goldens/hybrid';

/** A golden hybrid of fusion 'none', with what a projector file of it holds: all, the prompt embedding, or nothing at all. */
async function files(name: string, kept: RegExp | undefined): Promise<Files> {
  const read = (path: string) => readFileSync(`${goldens}/${name}/${path}`);
  const parts = ['llm/config.json', 'llm/model.safetensors', 'slm/config.json', 'slm/model.safetensors'];
  const json = { ...JSON.parse(read('hybrid.json').toString()), fusion: 'none' };
  const made: Record<string, Uint8Array | string> = { 'hybrid.json': JSON.stringify(json) };
  for (const part of parts) made[part] = read(part);
  if (kept === undefined) return made;
  await using file = await openSafetensors(read('projector.safetensors'));
  const names = [...file.tensors.keys()].filter((tensor) => kept.test(tensor));
  const tensors = names.map(async (tensor) => {
    const { dtype, shape } = file.tensors.get(tensor) ?? expect.unreachable();
    return { name: tensor, dtype, shape, data: await file.values(tensor) };
  });
  return { ...made, 'projector.safetensors': writeSafetensors(await Promise.all(tensors)) };
}

const open = (from: Files, stream_encoder = false) =>
  LlmToSlm.from_pretrained(from, { backend: new ReferenceBackend(), stream_encoder });

describe("fusion 'none' without a projector", () => {
  it.each([
    ['gpt2-add', /^prompt_embedding/],
    ['t5-add', /^$/],
    ['t5-add', undefined],
  ] as const)('%s writes what it writes with the encoder in memory, and holds none of it (%s)', async (name, kept) => {
    using all = await open(await files(name, /./)); // a projector is there: a call may ask for it
    using alone = await open(await files(name, kept));
    const asked = { input_ids, max_new_tokens: 8, output_logits: true };
    const [want, got] = [await all.generate(asked), await alone.generate(asked)];
    expect(got.sequences).toEqual(want.sequences);
    expect(got.logits).toEqual(want.logits);
    const { vocabSize, dModel } = alone.llm.config;
    const table = name === 'gpt2-add' ? bytesOf({ dtype: 'F32', shape: [vocabSize, dModel] }) : 0;
    expect(alone.llm.memoryFootprint()).toBe(table);
    expect(alone.memoryFootprint()).toBe(alone.backend.memory.bytes);
    expect(all.llm.memoryFootprint()).toBeGreaterThan(2 * table);
    expect((await all.encode({ input_ids, fusion: 'add' })).hidden).toBeDefined();
  });

  it('cannot be asked for another fusion, or to read', async () => {
    using model = await open(await files('gpt2-add', /^prompt_embedding/));
    await expect(model.encode({ input_ids, fusion: 'add' })).rejects.toMatchObject({ code: 'WEIGHT' });
    await expect(model.llm.forward({ input_ids })).rejects.toMatchObject({ code: 'STATE' });
    await expect(model.llm.forward({ input_ids })).rejects.toThrow('the large model was not loaded');
    expect(model.memoryFootprint()).toBe(model.backend.memory.bytes);
  });

  it('is the same with stream_encoder, which has nothing to stream', async () => {
    const from = await files('gpt2-add', /^prompt_embedding/);
    using model = await open(from);
    using streamed = await open(from, true);
    const asked = { input_ids, max_new_tokens: 8 };
    expect((await streamed.generate(asked)).sequences).toEqual((await model.generate(asked)).sequences);
  });

  it('still refuses a large model with a tensor that nobody knows', async () => {
    const from = await files('gpt2-add', /^prompt_embedding/);
    const stranger = { name: 'stranger', dtype: 'F32', shape: [1], data: new Float32Array(1) } as const;
    const llm = writeSafetensors([stranger]);
    await expect(open({ ...from, 'llm/model.safetensors': llm })).rejects.toMatchObject({ code: 'WEIGHT' });
  });
});
