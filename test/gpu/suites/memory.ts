/** What a backend of gpu.js keeps, uploads and reads, counted; run in Node and in a page. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GpuBackend, type GpuMode, gpuBackend, type Traffic } from '../../../src/gpu.ts';
import type { GPT2LMHeadModel } from '../../../src/pretrained/gpt2-lm-head-model.ts';
import { tinyGpt2, tinyT5 } from '../../models/tiny.ts';

const gpt2 = {
  model_type: 'gpt2' as const,
  vocab_size: 300,
  n_positions: 2100,
  n_embd: 8,
  n_layer: 1,
  n_head: 2,
  n_inner: null,
  activation_function: 'gelu_new',
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  tie_word_embeddings: true,
};
const t5 = {
  model_type: 't5' as const,
  vocab_size: 40,
  d_model: 8,
  d_kv: 4,
  num_heads: 2,
  d_ff: 12,
  num_layers: 1,
  num_decoder_layers: 1,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 40,
  feed_forward_proj: 'relu',
  tie_word_embeddings: true,
  scale_decoder_outputs: true,
};

/** `steps`: how many tokens the longest answer has. */
export function memorySuite(mode: GpuMode, steps: number): void {
  describe(`gpu.js, ${mode}: what is kept, uploaded and read`, () => {
    let backend: GpuBackend;
    let model: GPT2LMHeadModel;
    beforeAll(async () => {
      backend = await gpuBackend({ mode });
      model = await tinyGpt2(gpt2, { backend });
    });
    afterAll(() => {
      model.dispose();
      backend.dispose();
    });
    const options = { do_sample: false, eos_token_id: null, pad_token_id: 0 };
    const input_ids = [[3, 1, 4, 1, 5]];
    /** What passes while `count` tokens are written, beside what the first ones cost. */
    const between = async (few: number, many: number, more: object = {}): Promise<Traffic> => {
      const counts: Traffic[] = [await backend.traffic()];
      for (const max_new_tokens of [few, many]) {
        await model.generate({ input_ids, ...options, ...more, max_new_tokens });
        counts.push(await backend.traffic());
      }
      const [before, middle, after] = counts;
      const cost = (key: keyof Traffic) => after[key] - middle[key] - (middle[key] - before[key]);
      return {
        uploaded: cost('uploaded'),
        read: cost('read'),
        launches: cost('launches'),
        compiled: after.compiled - middle.compiled,
        handles: after.handles - middle.handles,
      };
    };

    it('a token costs the upload of nothing but numbers of the launches, and the read of one id with its score', async () => {
      await between(4, 8);
      expect(await between(5, 25)).toMatchObject({ uploaded: 0, read: 20 * 2, compiled: 0, handles: 0 });
    });

    it('a row of a batch costs its id and its position, and one id with its score', async () => {
      const batch = [input_ids[0], input_ids[0], input_ids[0]];
      const before = await backend.traffic();
      await model.generate({ input_ids: batch, ...options, max_new_tokens: 5 });
      const middle = await backend.traffic();
      await model.generate({ input_ids: batch, ...options, max_new_tokens: 9 });
      const after = await backend.traffic();
      const cost = (key: 'uploaded' | 'read') => after[key] - middle[key] - (middle[key] - before[key]);
      expect([cost('uploaded'), cost('read')]).toEqual([4 * 3 * 2, 4 * 3 * 2]);
    });

    it('drawing from the k best reads k + 1 ids with their scores', async () => {
      const drawn = { do_sample: true, top_k: 3, seed: 1 };
      await between(4, 8, drawn);
      expect(await between(5, 15, drawn)).toMatchObject({ uploaded: 0, read: 10 * 2 * 4, compiled: 0 });
    });

    it(`${steps} steps leave as many handles as the first one, and compile nothing while the cache has room`, async () => {
      let [first, last]: (Traffic | undefined)[] = [];
      let index = 0;
      const compiled: number[] = [];
      for await (const step of model.stream({ input_ids, ...options, max_new_tokens: steps })) {
        index = step.index;
        if (index === 60 || (index > 64 && index < 120)) compiled.push((await backend.traffic()).compiled);
        if (index === 1) first = await backend.traffic();
        if (index === steps - 1) last = await backend.traffic();
      }
      expect(index).toBe(steps - 1);
      expect(last?.handles).toBe(first?.handles);
      expect(new Set(compiled.slice(2)).size).toBe(1);
    });

    it('a decoder of T5 uploads no bias: the buckets of all distances are there', async () => {
      const writer = await tinyT5(t5, { backend });
      const asked = { input_ids, ...options, eos_token_id: null };
      await writer.generate({ ...asked, max_new_tokens: 3 });
      const before = await backend.traffic();
      await writer.generate({ ...asked, max_new_tokens: 6 });
      const middle = await backend.traffic();
      await writer.generate({ ...asked, max_new_tokens: 26 });
      const after = await backend.traffic();
      expect(after.uploaded - middle.uploaded).toBe(middle.uploaded - before.uploaded);
      expect(after.handles).toBe(middle.handles);
      writer.dispose();
    });

    it('a model that is disposed of leaves nothing behind', async () => {
      const other = await gpuBackend({ mode });
      const small = await tinyGpt2(gpt2, { backend: other });
      await small.generate({ input_ids, ...options, max_new_tokens: 4 });
      small.dispose();
      expect((await other.traffic()).handles).toBe(0);
      expect(other.memory).toEqual({ blocks: 0, bytes: 0 });
      other.dispose();
      expect(() => other.upload(Float32Array.of(1), { dtype: 'F32', shape: [1] })).toThrow('the backend was disposed');
    });
  });
}
