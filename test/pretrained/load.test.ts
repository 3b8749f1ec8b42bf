import { describe, expect, it } from 'vitest';
import {
  AutoModel,
  type BatonError,
  GPT2LMHeadModel,
  LlmToSlm,
  ReferenceBackend,
  T5EncoderModel,
  T5ForConditionalGeneration,
} from '../../src/index.node.ts';

const goldens = 'test/goldens';
const ids = [[5, 9, 2, 7, 11]];

async function failure(run: () => Promise<unknown>): Promise<BatonError> {
  return run().then(
    () => expect.unreachable('should have failed'),
    (error) => error,
  );
}

describe('from_pretrained', () => {
  it('keeps F16 and BF16 weights as they are, and computes what it computes with their F32 widening, bit for bit', async () => {
    for (const dtype of ['f16', 'bf16']) {
      const folder = `${goldens}/gpt2/${dtype}`;
      using wide = await GPT2LMHeadModel.from_pretrained(folder);
      using narrow = await GPT2LMHeadModel.from_pretrained(folder, { dtype });
      expect(narrow.memoryFootprint()).toBeLessThan(0.56 * wide.memoryFootprint());
      const [a, b] = [await wide.forward({ input_ids: ids }), await narrow.forward({ input_ids: ids })];
      expect(await b.logits.read()).toEqual(await a.logits.read());
    }
  });

  it('tells its memory truthfully: weights while it lives, nothing afterwards', async () => {
    const backend = new ReferenceBackend();
    const model = await T5ForConditionalGeneration.from_pretrained(`${goldens}/t5/v11`, { backend });
    expect(backend.memory.bytes).toBe(model.memoryFootprint());
    const out = await model.forward({ input_ids: ids, decoder_input_ids: [[0, 3]] });
    out.logits.dispose();
    out.encoder_last_hidden_state.dispose();
    expect(backend.memory.bytes).toBe(model.memoryFootprint());
    model.dispose();
    model.dispose();
    expect(backend.memory).toEqual({ blocks: 0, bytes: 0 });
    await expect(model.forward({ input_ids: ids, decoder_input_ids: [[0]] })).rejects.toMatchObject({ code: 'STATE' });
  });

  it.each(['reference', 'wasm'] as const)(
    'counts the scales of whole numbers and the padding of panels on %s',
    async (name) => {
      for (const folder of ['t5/v11', 'gpt2/basic', 'gpt2/untied', 'hybrid/gpt2-add', 'hybrid/t5-add']) {
        for (const dtype of ['f32', 'f16', 'bf16', 'int8', 'int4']) {
          using model = await AutoModel.from_pretrained(`${goldens}/${folder}`, { backend: name, dtype });
          expect(model.memoryFootprint()).toBe(model.backend.memory.bytes);
          model.dispose();
          expect(model.memoryFootprint()).toBe(0);
        }
      }
    },
  );

  it.each(['reference', 'wasm'] as const)(
    'of int8 are a byte a weight and a scale for 64 of them on %s',
    async (name) => {
      using model = await AutoModel.from_pretrained(`${goldens}/gpt2/basic`, { backend: name, dtype: 'int8' });
      if (!(model instanceof GPT2LMHeadModel)) return expect.unreachable();
      const { weight } = model.weights.blocks[0].mlp.up; // [48, 192]: one block an output, in six panels of 32
      expect(model.backend.bytesOf(weight.storage)).toBe(192 * (48 + 4));
    },
  );

  it('frees everything when loading fails half way', async () => {
    const backend = new ReferenceBackend();
    const config = { model_type: 'gpt2', n_embd: 48, n_head: 4, n_layer: 9, n_positions: 64, vocab_size: 101 };
    const error = await failure(() =>
      GPT2LMHeadModel.from_pretrained(
        {
          'config.json': JSON.stringify(config),
          'model.safetensors': new URL('../goldens/gpt2/basic/model.safetensors', import.meta.url),
        },
        { backend },
      ),
    );
    expect(error).toMatchObject({ code: 'WEIGHT' });
    expect(error.message).toMatch(/weight "transformer\.h\.\d\.ln_1\.weight" \[48\] is missing/);
    expect(error.nearest?.[0]).toMatch(/ln_1\.weight$/);
    expect(backend.memory.blocks).toBe(0);
  });

  it('reports progress with one total before the first byte', async () => {
    const events: { status: string; loaded?: number; total?: number }[] = [];
    using _model = await LlmToSlm.from_pretrained(`${goldens}/hybrid/gpt2-add`, {
      progress_callback: (event) => events.push(event),
    });
    const totals = events.filter(({ status }) => status === 'progress_total');
    expect(totals[0]).toMatchObject({ loaded: 0 });
    expect(new Set(totals.map(({ total }) => total)).size).toBe(1);
    expect(totals.at(-1)?.loaded).toBe(totals[0].total);
    expect(events.at(-1)?.status).toBe('ready');
  });

  it('stops when its signal says so', async () => {
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    await expect(GPT2LMHeadModel.from_pretrained(`${goldens}/gpt2/basic`, { signal })).rejects.toThrow(
      'no longer wanted',
    );
  });

  it.each([
    [{ dtype: 'f64' }, 'OPTION', `"dtype" must be 'f32', 'f16', 'bf16', 'int8' or 'int4', got "f64"`],
    [{ backend: 'reference', threads: 2 }, 'UNSUPPORTED_OPTION', '"threads" must be 1'],
    [{ quantised: true }, 'UNSUPPORTED_OPTION', 'there is no argument "quantised"'],
    [{ revison: 'main' }, 'UNSUPPORTED_OPTION', 'nearest: revision'],
  ])('rejects %o', async (options, code, text) => {
    const error = await failure(() => GPT2LMHeadModel.from_pretrained(`${goldens}/gpt2/basic`, options as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it('says which files it looked for', async () => {
    const error = await failure(() => GPT2LMHeadModel.from_pretrained({ 'config.json': '{"model_type":"gpt2"}' }));
    expect(error).toMatchObject({ code: 'LOAD' });
    expect(error.message).toContain('neither "model.safetensors" nor "model.safetensors.index.json" is there');
  });
});

describe('AutoModel', () => {
  it.each([
    ['gpt2/basic', GPT2LMHeadModel],
    ['t5/v11', T5ForConditionalGeneration],
    ['t5/encoder-only', T5EncoderModel],
    ['hybrid/gpt2-add', LlmToSlm],
    ['hybrid/t5-add', LlmToSlm],
  ])('knows what %s is', async (folder, Model) => {
    using model = await AutoModel.from_pretrained(`${goldens}/${folder}`);
    expect(model).toBeInstanceOf(Model);
  });

  it('names the families it knows', async () => {
    const error = await failure(() => AutoModel.from_pretrained({ 'config.json': '{"model_type":"llama"}' }));
    expect(error).toMatchObject({ code: 'FORMAT' });
    expect(error.message).toContain(`"model_type" must be 'gpt2' or 't5', got "llama"`);
  });
});
