/** The same weights in the other files that Hugging Face has written over the years: the same bits come out. */
import { readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import type { FileContent } from '../../src/hub/map.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import { openSafetensors, type Values, writeSafetensors } from '../../src/safetensors/index.ts';
import type { TensorToWrite } from '../../src/safetensors/layout.ts';
import { narrow } from '../../src/tensor/floats.ts';
import { expectSameBits } from '../models/bits.ts';
import { rawFile } from '../safetensors/files.ts';

type Tensors = Map<string, TensorToWrite<Values>>;
type Files = Readonly<Record<string, FileContent>>;

const [gpt2Folder, t5Folder] = ['test/goldens/gpt2/basic/', 'test/goldens/t5/v11/'];
const gpt2Config = JSON.parse(readFileSync(`${gpt2Folder}config.json`, 'utf8'));
const t5Config = JSON.parse(readFileSync(`${t5Folder}config.json`, 'utf8'));

async function tensorsOf(folder: string): Promise<Tensors> {
  const file = await openSafetensors(readFileSync(`${folder}model.safetensors`));
  const tensors: Tensors = new Map();
  for (const [name, { dtype, shape }] of file.tensors) {
    tensors.set(name, { name, dtype, shape, data: await file.values(name) });
  }
  return tensors;
}

/** The same tensors under other names. */
function renamed(tensors: Tensors, rename: (name: string) => string): TensorToWrite<Values>[] {
  return [...tensors.values()].map((tensor) => ({ ...tensor, name: rename(tensor.name) }));
}

async function expectSameGpt2(files: Files): Promise<void> {
  const inputs = { input_ids: [[5, 9, 60, 3]] };
  const want = await (await GPT2LMHeadModel.from_pretrained(gpt2Folder)).forward(inputs);
  const got = await (await GPT2LMHeadModel.from_pretrained(files)).forward(inputs);
  await expectSameBits(got.logits, want.logits);
}

async function expectSameT5(files: Files): Promise<void> {
  const inputs = { input_ids: [[5, 9, 60, 3]], decoder_input_ids: [[0, 8, 2]] };
  const want = await (await T5ForConditionalGeneration.from_pretrained(t5Folder)).forward(inputs);
  const got = await (await T5ForConditionalGeneration.from_pretrained(files)).forward(inputs);
  await expectSameBits(got.logits, want.logits);
}

const gpt2 = await tensorsOf(gpt2Folder);
const t5 = await tensorsOf(t5Folder);

/** A single file and its config. */
const single = (config: object, tensors: Iterable<TensorToWrite<Values>>): Files => ({
  'config.json': JSON.stringify(config),
  'model.safetensors': writeSafetensors(tensors),
});

/** The same file with a byte before its tensors, a buffer that old checkpoints have and nobody reads. */
function atOddBytes(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header: Record<string, { data_offsets?: number[] }> = JSON.parse(
    new TextDecoder().decode(file.subarray(8, 8 + length)),
  );
  const moved = Object.entries(header).map(([name, { data_offsets, ...rest }]) => [
    name,
    data_offsets === undefined ? rest : { ...rest, data_offsets: data_offsets.map((at) => at + 1) },
  ]);
  const first = { 'h.0.attn.masked_bias': { dtype: 'U8', shape: [1], data_offsets: [0, 1] } };
  const text = JSON.stringify({ ...first, ...Object.fromEntries(moved) });
  return rawFile(text.padEnd(8 * Math.ceil(text.length / 8)), [0, ...file.subarray(8 + length)]);
}

describe('the same GPT-2', () => {
  it('in shards with an index', async () => {
    const all = [...gpt2.values()];
    const [a, b] = [all.slice(0, 9), all.slice(9)];
    const of = (tensors: typeof all, file: string) => tensors.map(({ name }) => [name, file]);
    const weight_map = Object.fromEntries([
      ...of(a, 'model-00001-of-00002.safetensors'),
      ...of(b, 'model-00002-of-00002.safetensors'),
    ]);
    await expectSameGpt2({
      'config.json': JSON.stringify(gpt2Config),
      'model.safetensors.index.json': JSON.stringify({ metadata: { total_size: 1 }, weight_map }),
      'model-00001-of-00002.safetensors': writeSafetensors(a),
      'model-00002-of-00002.safetensors': writeSafetensors(b),
    });
  });

  it.each(['f32', 'bf16', 'int8'])('whose tensors begin at odd bytes, read as %s', async (dtype) => {
    for (const stored of ['F32', 'F16'] as const) {
      const tensors = Array.from(gpt2.values(), (tensor) => {
        if (!(tensor.data instanceof Float32Array)) throw new Error(`${tensor.name} is not F32`);
        return { ...tensor, dtype: stored, data: narrow(tensor.data, stored) };
      });
      const inputs = { input_ids: [[5, 9, 60, 3]] };
      const [want, got] = await Promise.all(
        [writeSafetensors(tensors), atOddBytes(writeSafetensors(tensors))].map(async (weights) => {
          const files = { 'config.json': JSON.stringify(gpt2Config), 'model.safetensors': weights };
          return (await GPT2LMHeadModel.from_pretrained(files, { dtype })).forward(inputs);
        }),
      );
      await expectSameBits(got.logits, want.logits);
    }
  });

  it('without "transformer." before its names', () =>
    expectSameGpt2(
      single(
        gpt2Config,
        renamed(gpt2, (name) => name.replace('transformer.', '')),
      ),
    ));

  it('with the mask buffers and the copied head that old versions saved', () => {
    const buffers: TensorToWrite<Values>[] = Array.from({ length: 3 }, (_, i) => `transformer.h.${i}.attn`).flatMap(
      (attn) => [
        { name: `${attn}.bias`, dtype: 'U8', shape: [1, 1, 64, 64], data: new Uint8Array(64 * 64) },
        { name: `${attn}.masked_bias`, dtype: 'F32', shape: [], data: Float32Array.of(-1e4) },
      ],
    );
    const head = { ...gpt2.get('transformer.wte.weight')!, name: 'lm_head.weight' };
    return expectSameGpt2(single(gpt2Config, [...gpt2.values(), ...buffers, head]));
  });

  it('with a head of its own that holds the same numbers', () => {
    const head = { ...gpt2.get('transformer.wte.weight')!, name: 'lm_head.weight' };
    return expectSameGpt2(single({ ...gpt2Config, tie_word_embeddings: false }, [...gpt2.values(), head]));
  });
});

describe('the same T5 v1.1', () => {
  it('with the config that transformers 5 writes: tied, it says, with a head of its own in the file', () =>
    expectSameT5(single({ ...t5Config, tie_word_embeddings: true, scale_decoder_outputs: false }, t5.values())));

  it('with copies of its embeddings and the stray bias of old files', () => {
    const copies = ['encoder', 'decoder'].map((stack) => ({
      ...t5.get('shared.weight')!,
      name: `${stack}.embed_tokens.weight`,
    }));
    const bias = t5.get('decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight')!;
    const stray = { ...bias, name: 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight' };
    return expectSameT5(single(t5Config, [...t5.values(), ...copies, stray]));
  });

  it('with its table under the name of one stack alone', () =>
    expectSameT5(
      single(
        t5Config,
        renamed(t5, (name) => name.replace('shared', 'encoder.embed_tokens')),
      ),
    ));
});
