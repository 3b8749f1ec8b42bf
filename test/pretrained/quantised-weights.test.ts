/** Weights that are quantised once and kept in a file are those that loading quantises, and a damaged file is an error. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtypeError, FormatError, NumericError, UnsupportedOptionError, WeightError } from '../../src/errors.ts';
import { openMap } from '../../src/hub/map.ts';
import { type AnyModel, AutoModel } from '../../src/pretrained/auto-model.ts';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import type { Quantisation } from '../../src/pretrained/quantised-format.ts';
import { quantisedWeights } from '../../src/pretrained/quantised-weights.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { openSafetensors, type Values, writeSafetensors } from '../../src/safetensors/index.ts';
import type { TensorToWrite } from '../../src/safetensors/layout.ts';
import { narrow } from '../../src/tensor/floats.ts';
import { bits } from '../models/bits.ts';
import { gpt2Shapes } from '../models/checkpoint.ts';
import { gpt2Config, inVocabulary, t5Config, weightSeed } from '../models/configs.ts';
import { runs } from '../seed.ts';
import { type Files, filesOf, input_ids, json, type StoredDtype, t5Tensors, tensorsOf } from './stored.ts';

type Tensors = TensorToWrite<Values>[];
const stored = fc.constantFrom<StoredDtype>('F32', 'F16', 'BF16');

/** The folder with its weights as `baton convert` would write them. */
async function quantised(
  files: Files,
  dtype: Quantisation,
  change = (tensors: Tensors): Tensors => tensors,
  extra: Record<string, string> = {},
): Promise<Files> {
  const name = 'model.safetensors' in files ? 'model.safetensors' : 'projector.safetensors';
  const file = await openSafetensors(contentOf(files, name));
  const made = await quantisedWeights(openMap(files), name, file, dtype);
  if (made === undefined) throw new Error(`no plan for ${name}`);
  const tensors = await Promise.all(made.tensors.map(async (tensor) => ({ ...tensor, data: await tensor.data() })));
  const metadata = Object.fromEntries([...made.metadata, ...Object.entries(extra)]);
  return { ...files, [name]: writeSafetensors(change(tensors), metadata) };
}

function contentOf(files: Files, name: string): Uint8Array {
  const content = files[name];
  if (content instanceof Uint8Array) return content;
  throw new Error(`${name} must be bytes`);
}

/** Bits of what a model makes of a prompt. */
async function answer(model: AnyModel): Promise<unknown> {
  if (model instanceof T5EncoderModel) return bits((await model.forward({ input_ids })).last_hidden_state);
  const labels = [input_ids[0]];
  if (model instanceof LlmToSlm) return bits((await model.forward({ input_ids: labels, labels })).logits);
  const ids = inVocabulary(input_ids, model.config.vocabSize);
  const prompt =
    model.config.modelType === 't5'
      ? {
          input_ids: ids,
          decoder_input_ids: [
            [0, 1],
            [0, 2],
          ],
        }
      : { input_ids: ids };
  return bits((await model.forward(prompt)).logits);
}

type On = { readonly backend: 'reference' | 'wasm'; readonly dtype: Quantisation };

async function expectSame(floats: Files, kept: Files, { backend, dtype }: On): Promise<void> {
  using atLoad = await AutoModel.from_pretrained(floats, { backend, dtype });
  const want = await answer(atLoad);
  for (const asked of [undefined, dtype]) {
    using model = await AutoModel.from_pretrained(kept, { backend, dtype: asked });
    expect(model.dtype).toBe(dtype);
    expect(model.memoryFootprint()).toBe(atLoad.memoryFootprint());
    expect(await answer(model)).toEqual(want);
  }
}

const all: On[] = (['int8', 'int4'] as const).flatMap((dtype) => [
  { backend: 'reference', dtype },
  { backend: 'wasm', dtype },
]);

describe.each(all)('$dtype kept in a file, on $backend', (on) => {
  it('T5 has the bits of T5 that is quantised while it is loaded', () =>
    fc.assert(
      fc.asyncProperty(t5Config, weightSeed, stored, async (config, seed, from) => {
        const wide = { ...config, vocab_size: Math.max(30, config.vocab_size) };
        const floats = filesOf(wide, writeSafetensors(await t5Tensors(wide, seed, from)));
        await expectSame(floats, await quantised(floats, on.dtype), on);
      }),
      runs(10),
    ));

  it('GPT-2 has the bits of GPT-2 that is quantised while it is loaded', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, weightSeed, stored, async (config, seed, from) => {
        const tensors = await tensorsOf(gpt2Shapes(config), seed, from);
        const floats = filesOf(config, writeSafetensors(tensors));
        await expectSame(floats, await quantised(floats, on.dtype), on);
      }),
      runs(10),
    ));

  it('GPT-2 with several blocks in a column, too', async () => {
    const config = { ...gpt2Json, n_embd: 160 };
    const floats = filesOf(config, writeSafetensors(await tensorsOf(gpt2Shapes(config), 5, 'F32')));
    await expectSame(floats, await quantised(floats, on.dtype), on);
  });

  it('an encoder alone, too', async () => {
    const tensors = (await t5Tensors(json)).filter(({ name }) => !name.startsWith('decoder.'));
    const floats = filesOf(json, writeSafetensors(tensors));
    await expectSame(floats, await quantised(floats, on.dtype), on);
  });
});

describe.each(['int8', 'int4'] as const)('a file in %s', (quantisation) => {
  it('holds whole numbers and scales; what must be wide is as narrow as it can be, and copies are gone', async () => {
    const [wo, other] = [
      'encoder.block.0.layer.1.DenseReluDense.wo.weight',
      'encoder.block.1.layer.1.DenseReluDense.wo.weight',
    ];
    const tensors = await t5Tensors(json);
    const shared = tensors.find(({ name }) => name === 'shared.weight');
    if (shared === undefined) throw new Error('no table');
    for (const { name, data } of tensors) if (name === wo && data instanceof Float32Array) data[5] = 70000;
    tensors.push({ ...shared, name: 'lm_head.weight' }, { ...shared, name: 'encoder.embed_tokens.weight' });
    const files = await quantised(
      filesOf(json, writeSafetensors(tensors, { format: 'pt', made: 'here' })),
      quantisation,
    );
    const file = await openSafetensors(contentOf(files, 'model.safetensors'));
    const kindOf = (name: string) => file.tensors.get(name)?.dtype;
    expect(['shared.weight', 'shared.weight.scales', wo, other].map(kindOf)).toEqual(['I8', 'BF16', 'F32', 'F16']);
    expect(kindOf('encoder.final_layer_norm.weight')).toBe('F32');
    const { dtype, shape } = file.tensors.get('encoder.block.0.layer.0.SelfAttention.q.weight') ?? {};
    expect([dtype, shape]).toEqual(quantisation === 'int8' ? ['I8', [12, 16]] : ['U8', [12, 8]]);
    expect(['lm_head.weight', 'encoder.embed_tokens.weight'].map(kindOf)).toEqual([undefined, undefined]);
    expect(Object.fromEntries(file.metadata)).toEqual({
      format: `batonlm-${quantisation}`,
      made: 'here',
      version: '1',
      block: quantisation === 'int8' ? '64' : '32',
    });
  });

  it('is read in no other dtype, and quantised no second time', async () => {
    const files = await quantised(filesOf(json, writeSafetensors(await t5Tensors(json))), quantisation);
    for (const dtype of ['f32', 'f16', 'bf16', quantisation === 'int8' ? 'int4' : 'int8']) {
      await expect(AutoModel.from_pretrained(files, { backend: 'reference', dtype })).rejects.toThrow(
        UnsupportedOptionError,
      );
    }
    await expect(quantised(files, quantisation)).rejects.toThrow(
      `weights to be converted must be floats, got "batonlm-${quantisation}"`,
    );
  });

  it('is made of numbers that are finite, and of tensors that the model knows', async () => {
    const tensors = await t5Tensors(json);
    const make = (all: Tensors) => quantised(filesOf(json, writeSafetensors(all)), quantisation);
    const stray = { name: 'stray', dtype: 'F32' as const, shape: [1], data: Float32Array.of(1) };
    await expect(make([...tensors, stray])).rejects.toThrow(WeightError);
    await expect(make(tensors.slice(1))).rejects.toThrow(WeightError);
    const q = tensors.find(({ name }) => name.endsWith('SelfAttention.q.weight'));
    if (q?.data instanceof Float32Array) q.data[3] = Number.NaN;
    await expect(make(tensors)).rejects.toThrow(NumericError);
  });

  it('of another folder is not known', async () => {
    const bytes = writeSafetensors([]);
    const files = openMap({ 'config.json': JSON.stringify(json), 'other.safetensors': bytes });
    expect(
      await quantisedWeights(files, 'other.safetensors', await openSafetensors(bytes), quantisation),
    ).toBeUndefined();
  });

  it('of a projector has its bits', async () => {
    const next = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i + size));
    const tensors = ['projector.0', 'projector.2', 'prompt_embedding'].flatMap(
      (name): Tensors => [
        { name: `${name}.weight`, dtype: 'F16', shape: [16, 16], data: narrow(next(256), 'F16') },
        { name: `${name}.bias`, dtype: 'F32', shape: [16], data: next(16) },
      ],
    );
    const hybrid = { format: 'llm-to-slm', version: 1, llm: 'llm', slm: 'slm' };
    const bridge = { 'hybrid.json': JSON.stringify(hybrid), 'projector.safetensors': writeSafetensors(tensors) };
    const under = (folder: string, files: Files) =>
      Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
    const llm = filesOf(json, writeSafetensors(await t5Tensors(json)));
    const small = { ...gpt2Json, vocab_size: 40 };
    const slm = filesOf(small, writeSafetensors(await tensorsOf(gpt2Shapes(small), 3, 'F32')));
    const floats = { ...bridge, ...under('llm', llm), ...under('slm', slm) };
    const kept = {
      ...(await quantised(bridge, quantisation)),
      ...under('llm', await quantised(llm, quantisation)),
      ...under('slm', await quantised(slm, quantisation)),
    };
    await expectSame(floats, kept, { backend: 'wasm', dtype: quantisation });
  });
});

describe('a damaged file', () => {
  const scales = (tensors: Tensors, change: (values: Uint16Array) => void) => {
    for (const { name, data } of tensors)
      if (name === 'shared.weight.scales' && data instanceof Uint16Array) change(data);
    return tensors;
  };
  const whole = (tensors: Tensors, q: number, scale?: number) => {
    for (const { name, data } of tensors) if (name === 'shared.weight' && data instanceof Int8Array) data[0] = q;
    return scale === undefined ? tensors : scales(tensors, (values) => values.fill(scale, 0, 1));
  };
  const faults: [string, new (...args: never[]) => Error, (tensors: Tensors) => Tensors, Record<string, string>?][] = [
    ['−128', NumericError, (all) => whole(all, -128)],
    ['a number without a scale', NumericError, (all) => whole(all, 1, 0)],
    ['a scale that is NaN', NumericError, (all) => scales(all, (values) => values.fill(0x7fc0, 2, 3))],
    ['a scale that is infinite', NumericError, (all) => scales(all, (values) => values.fill(0x7f80, 2, 3))],
    ['a scale below 0', NumericError, (all) => scales(all, (values) => values.fill(0xbf80, 2, 3))],
    ['no scales', WeightError, (all) => all.filter(({ name }) => name !== 'shared.weight.scales')],
    [
      'too few scales',
      WeightError,
      (all) =>
        all.map((each) =>
          each.name === 'shared.weight.scales' ? { ...each, shape: [29, 1], data: new Uint16Array(29) } : each,
        ),
    ],
    [
      'scales in float32',
      WeightError,
      (all) =>
        all.map((each) =>
          each.name === 'shared.weight.scales' ? { ...each, dtype: 'F32', data: new Float32Array(30) } : each,
        ),
    ],
    ['scales of nothing', WeightError, (all) => all.filter(({ name }) => name !== 'shared.weight')],
    ['another version', FormatError, (all) => all, { version: '2' }],
    ['another block', FormatError, (all) => all, { block: '16' }],
    ['another format', FormatError, (all) => all, { format: 'batonlm-int7' }],
  ];

  it.each(faults)('%s', async (_name, error, change, extra) => {
    const files = filesOf(json, writeSafetensors(await t5Tensors(json)));
    for (const { backend, dtype } of all) {
      const damaged = await quantised(files, dtype, change, extra);
      await expect(AutoModel.from_pretrained(damaged, { backend })).rejects.toThrow(error);
    }
  });

  const q = 'encoder.block.0.layer.0.SelfAttention.q.weight';
  const edited =
    (name: string, change: (tensor: TensorToWrite<Values>) => TensorToWrite<Values>) => (tensors: Tensors) =>
      tensors.map((tensor) => (tensor.name === name ? change(tensor) : tensor));
  const inFour: typeof faults = [
    [
      'numbers of 4 bits, and no scale',
      NumericError,
      edited(`${q}.scales`, (tensor) => ({ ...tensor, data: new Uint16Array(12).fill(0x8000) })),
    ],
    [
      'a scale of theirs that is infinite',
      NumericError,
      edited(`${q}.scales`, (tensor) => ({ ...tensor, data: new Uint16Array(12).fill(0xff80) })),
    ],
    [
      'a byte for each of them',
      WeightError,
      edited(q, (tensor) => ({ ...tensor, shape: [12, 16], data: new Uint8Array(192) })),
    ],
    [
      'in 8 bits what should have 4',
      DtypeError,
      edited(q, (tensor) => ({ ...tensor, dtype: 'I8', data: new Int8Array(192), shape: [12, 16] })),
    ],
  ];

  it.each(inFour)('%s', async (_name, error, change) => {
    const files = await quantised(filesOf(json, writeSafetensors(await t5Tensors(json))), 'int4', change);
    for (const backend of ['reference', 'wasm'] as const)
      await expect(AutoModel.from_pretrained(files, { backend })).rejects.toThrow(error);
  });
});

const gpt2Json = {
  model_type: 'gpt2',
  vocab_size: 11,
  n_positions: 16,
  n_embd: 16,
  n_layer: 2,
  n_head: 2,
  n_inner: null,
  activation_function: 'gelu_new',
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  tie_word_embeddings: true,
} as const;
