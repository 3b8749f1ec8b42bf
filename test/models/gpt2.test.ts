import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KVCache } from '../../src/generate/kv-cache.ts';
import { slice } from '../../src/kernels/slice.ts';
import { embedTokens, unembed } from '../../src/models/gpt2.ts';
import { unobserved } from '../../src/models/run.ts';
import { idTensor } from '../../src/pretrained/inputs.ts';
import { padRows } from '../../src/pretrained/padded.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { expectClose, u } from '../close.ts';
import { runs } from '../seed.ts';
import { bits, columns, expectSameBits, joined, rowOf } from './bits.ts';
import {
  cut,
  type Gpt2Json,
  gpt2Config,
  idRows,
  inVocabulary,
  pieceSizes,
  raggedRows,
  side,
  weightSeed,
} from './configs.ts';
import { tinyGpt2 } from './tiny.ts';

const plain: Gpt2Json = {
  model_type: 'gpt2',
  vocab_size: 3,
  n_positions: 4,
  n_embd: 2,
  n_layer: 1,
  n_head: 1,
  n_inner: 2,
  activation_function: 'relu',
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  tie_word_embeddings: true,
};

describe('gpt2', () => {
  it('with layers of zeros looks the normed embedding up in the table', async () => {
    const given = { 'transformer.wte.weight': [3, 1, 1, 3, 2, 2], 'transformer.ln_f.weight': [1, 1] };
    const model = await tinyGpt2(plain, { given, zero: /./ });
    const { logits } = await model.forward({ input_ids: [[0, 1]] }); // the norm leaves [1, −1] and [−1, 1]
    expectClose(await logits.readFloats(), [2, -2, 0, -2, 2, 0], 2e-5);
  });

  it('scores are divided by √E, and by the number of their layer, where the config says so', async () => {
    const scales = async (config: Partial<Gpt2Json>) => {
      const model = await tinyGpt2({ ...plain, n_embd: 8, n_head: 2, n_layer: 3, ...config });
      return model.weights.blocks.map(({ attn }) => attn.scale);
    };
    expect(await scales({})).toEqual([1 / 2, 1 / 2, 1 / 2]);
    expect(await scales({ scale_attn_by_inverse_layer_idx: true })).toEqual([1 / 2, 1 / 4, 1 / 6]);
    expect(await scales({ scale_attn_weights: false })).toEqual([1, 1, 1]);
  });

  it('any chunking of the tokens gives the bits of one pass', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, weightSeed, idRows(3, 10), pieceSizes, async (json, seed, rows, sizes) => {
        const model = await tinyGpt2(json, { seed });
        const input_ids = inVocabulary(rows, json.vocab_size);
        const whole = await model.forward({ input_ids });
        const past_key_values = new KVCache(json.n_layer);
        for (const [from, to] of cut(rows[0].length, sizes)) {
          const piece = await model.forward({
            input_ids: input_ids.map((row) => row.slice(from, to)),
            past_key_values,
          });
          await expectSameBits(piece.logits, columns(whole.logits, from, to));
        }
      }),
      runs(100),
    ));

  it('a row padded in a batch, on either side and in chunks, has the bits it has alone', () =>
    fc.assert(
      fc.asyncProperty(
        gpt2Config,
        weightSeed,
        raggedRows(3, 8),
        pieceSizes,
        side,
        async (json, seed, rows, sizes, side) => {
          const model = await tinyGpt2(json, { seed });
          const ragged = inVocabulary(rows, json.vocab_size);
          const { input_ids, attention_mask } = padRows(ragged, side, 1);
          const T = input_ids[0].length;
          const past_key_values = new KVCache(json.n_layer);
          const pieces: Tensor[] = [];
          for (const [from, to] of cut(T, sizes)) {
            const piece = {
              input_ids: input_ids.map((row) => row.slice(from, to)),
              attention_mask: attention_mask.map((row) => row.slice(0, to)),
            };
            pieces.push((await model.forward({ ...piece, past_key_values })).logits);
          }
          for (const [b, row] of ragged.entries()) {
            const alone = await model.forward({ input_ids: [row] });
            const from = side === 'left' ? T - row.length : 0;
            await expectSameBits(rowOf(joined(pieces), b, from, from + row.length), alone.logits);
          }
        },
      ),
      runs(100),
    ));

  it('changing future tokens leaves earlier logits unchanged', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, weightSeed, idRows(1, 10), fc.nat(), async (json, seed, rows, at) => {
        const model = await tinyGpt2(json, { seed });
        const [ids] = inVocabulary(rows, json.vocab_size);
        const first = 1 + (at % (ids.length - 1));
        const other = ids.map((id, t) => (t < first ? id : (id + 1) % json.vocab_size));
        const [a, b] = [await model.forward({ input_ids: [ids] }), await model.forward({ input_ids: [other] })];
        await expectSameBits(columns(a.logits, 0, first), columns(b.logits, 0, first));
      }),
      runs(100),
    ));

  it('what a session reads token by token has the bits of one pass', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, weightSeed, raggedRows(3, 6), idRows(1, 4), async (json, seed, rows, [more]) => {
        const model = await tinyGpt2(json, { seed });
        const ragged = inVocabulary(rows, json.vocab_size);
        const { session } = await model.open(padRows(ragged, 'left', 0));
        const written = more.map((id) => id % json.vocab_size);
        for (const id of written) session.next(ragged.map(() => id));
        for (const [b, row] of ragged.entries()) {
          const alone = await model.forward({ input_ids: [[...row, ...written]] });
          const last = row.length + written.length - 1;
          expect(await bits(slice(session.logits, 0, b, b + 1))).toEqual(await bits(rowOf(alone.logits, 0, last)));
        }
      }),
      runs(30),
    ));

  it('embeddings given for ids give the same bits', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, weightSeed, idRows(2, 6), async (json, seed, rows) => {
        const model = await tinyGpt2(json, { seed });
        const input_ids = inVocabulary(rows, json.vocab_size);
        const ids = idTensor(model.backend, input_ids);
        const { logits } = await model.forward({ inputs_embeds: embedTokens(model.weights, ids) });
        await expectSameBits(logits, (await model.forward({ input_ids })).logits);
      }),
      runs(20),
    ));

  it('hidden states and attentions of every layer: embeddings first, final norm last, rows that sum to 1', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, weightSeed, idRows(2, 6), async (json, seed, rows) => {
        const model = await tinyGpt2(json, { seed });
        const input_ids = inVocabulary(rows, json.vocab_size);
        const [B, T] = [rows.length, rows[0].length];
        const asked = { input_ids, output_hidden_states: true, output_attentions: true };
        const { hidden_states = [], attentions = [], logits } = await model.forward(asked);
        expect(hidden_states.map(({ shape }) => shape)).toEqual(Array(json.n_layer + 1).fill([B, T, json.n_embd]));
        expect(attentions.map(({ shape }) => shape)).toEqual(Array(json.n_layer).fill([B, json.n_head, T, T]));
        const last = hidden_states[json.n_layer];
        await expectSameBits(unembed(unobserved, model.weights, last), logits);
        for (const pattern of attentions) {
          const data = await pattern.readFloats();
          data.forEach((p, i) => {
            const [t, s] = [Math.floor(i / T) % T, i % T];
            if (s > t) expect(p).toBe(0);
          });
          for (let i = 0; i < data.length; i += T) expectClose([sum(data.subarray(i, i + T))], [1], T * u);
        }
      }),
      runs(20),
    ));
});

const sum = (xs: Float32Array) => xs.reduce((total, x) => total + x, 0);
