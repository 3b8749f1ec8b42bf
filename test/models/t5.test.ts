import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { T5Cache } from '../../src/generate/t5-cache.ts';
import { slice } from '../../src/kernels/slice.ts';
import { embedTokens } from '../../src/models/t5.ts';
import { idTensor } from '../../src/pretrained/inputs.ts';
import { padRows } from '../../src/pretrained/padded.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { expectClose, u } from '../close.ts';
import { runs } from '../seed.ts';
import { bits, columns, expectSameBits, rowOf } from './bits.ts';
import {
  cut,
  idRows,
  inVocabulary,
  pieceSizes,
  raggedRows,
  side,
  type T5Json,
  t5Config,
  weightSeed,
} from './configs.ts';
import { tinyEncoder, tinyT5 } from './tiny.ts';

const plain: T5Json = {
  model_type: 't5',
  vocab_size: 3,
  d_model: 2,
  d_kv: 1,
  num_heads: 1,
  d_ff: 1,
  num_layers: 1,
  num_decoder_layers: 1,
  relative_attention_num_buckets: 4,
  relative_attention_max_distance: 33,
  feed_forward_proj: 'relu',
  tie_word_embeddings: true,
  scale_decoder_outputs: true,
};

describe('t5', () => {
  it('with layers of zeros looks the normed embedding up in the table, scaled by D^−½', async () => {
    const given = { 'shared.weight': [3, 4, 4, 3, 0, 5], 'decoder.final_layer_norm.weight': [1, 1] };
    const model = await tinyT5(plain, { given, zero: /./ });
    const { logits } = await model.forward({ input_ids: [[2]], decoder_input_ids: [[0]] });
    expectClose(await logits.readFloats(), [5, 4.8, 4], 5e-7); // [3, 4] / (5/√2) · [x, y] / √2
  });

  it('any chunking of the decoder gives the bits of one pass', () =>
    fc.assert(
      fc.asyncProperty(
        t5Config,
        weightSeed,
        idRows(2, 8),
        idRows(2, 8),
        pieceSizes,
        async (json, seed, p, d, sizes) => {
          const model = await tinyT5(json, { seed });
          const input_ids = inVocabulary(p, json.vocab_size);
          const ids = inVocabulary(
            input_ids.map((_, b) => d[b % d.length]),
            json.vocab_size,
          );
          const whole = await model.forward({ input_ids, decoder_input_ids: ids });
          const { output: encoder_outputs } = await model.encode({ input_ids });
          const past_key_values = new T5Cache(json.num_decoder_layers, ids.length);
          for (const [from, to] of cut(ids[0].length, sizes)) {
            const decoder_input_ids = ids.map((row) => row.slice(from, to));
            const piece = await model.forward({ encoder_outputs, decoder_input_ids, past_key_values });
            await expectSameBits(piece.logits, columns(whole.logits, from, to));
          }
        },
      ),
      runs(100),
    ));

  it('a prompt padded in a batch, on either side, has the bits it has alone, in encoder and decoder', () =>
    fc.assert(
      fc.asyncProperty(
        t5Config,
        weightSeed,
        raggedRows(3, 7),
        idRows(1, 5),
        side,
        async (json, seed, rows, [d], side) => {
          const model = await tinyT5(json, { seed });
          const ragged = inVocabulary(rows, json.vocab_size);
          const prompts = padRows(ragged, side, 1);
          const [answer] = inVocabulary([d], json.vocab_size);
          const batch = await model.forward({ ...prompts, decoder_input_ids: ragged.map(() => answer) });
          for (const [b, row] of ragged.entries()) {
            const alone = await model.forward({ input_ids: [row], decoder_input_ids: [answer] });
            const from = side === 'left' ? prompts.input_ids[0].length - row.length : 0;
            const H = rowOf(batch.encoder_last_hidden_state, b, from, from + row.length);
            await expectSameBits(H, alone.encoder_last_hidden_state);
            await expectSameBits(rowOf(batch.logits, b), alone.logits);
          }
        },
      ),
      runs(100),
    ));

  it('an answer padded on the right, under a mask, has the bits it has alone', () =>
    fc.assert(
      fc.asyncProperty(t5Config, weightSeed, idRows(1, 5), raggedRows(3, 6), async (json, seed, [prompt], rows) => {
        const model = await tinyT5(json, { seed });
        const ragged = inVocabulary(rows, json.vocab_size);
        const input_ids = inVocabulary(
          ragged.map(() => prompt),
          json.vocab_size,
        );
        const answers = padRows(ragged, 'right', 1);
        const masked = { decoder_input_ids: answers.input_ids, decoder_attention_mask: answers.attention_mask };
        const batch = await model.forward({ input_ids, ...masked });
        for (const [b, row] of ragged.entries()) {
          const alone = await model.forward({ input_ids: [input_ids[b]], decoder_input_ids: [row] });
          await expectSameBits(rowOf(batch.logits, b, 0, row.length), alone.logits);
        }
      }),
      runs(50),
    ));

  it('changing future tokens leaves earlier logits of the decoder unchanged', () =>
    fc.assert(
      fc.asyncProperty(t5Config, weightSeed, idRows(1, 5), idRows(1, 8), fc.nat(), async (json, seed, p, d, at) => {
        const model = await tinyT5(json, { seed });
        const input_ids = inVocabulary(p, json.vocab_size);
        const [ids] = inVocabulary(d, json.vocab_size);
        const first = 1 + (at % (ids.length - 1));
        const other = ids.map((id, t) => (t < first ? id : (id + 1) % json.vocab_size));
        const a = await model.forward({ input_ids, decoder_input_ids: [ids] });
        const b = await model.forward({ input_ids, decoder_input_ids: [other] });
        await expectSameBits(columns(a.logits, 0, first), columns(b.logits, 0, first));
      }),
      runs(50),
    ));

  it('what a session reads token by token has the bits of one pass', () =>
    fc.assert(
      fc.asyncProperty(
        t5Config,
        weightSeed,
        raggedRows(3, 6),
        idRows(1, 4),
        side,
        async (json, seed, rows, [d], side) => {
          const model = await tinyT5(json, { seed });
          const ragged = inVocabulary(rows, json.vocab_size);
          const [written] = inVocabulary([d], json.vocab_size);
          const { session } = await model.open(padRows(ragged, side, 0));
          for (const id of written) session.next(ragged.map(() => id));
          for (const [b, row] of ragged.entries()) {
            const alone = await model.forward({ input_ids: [row], decoder_input_ids: [[0, ...written]] });
            expect(await bits(slice(session.logits, 0, b, b + 1))).toEqual(
              await bits(rowOf(alone.logits, 0, written.length)),
            );
          }
        },
      ),
      runs(40),
    ));

  it('the encoder alone, embeddings for ids, and a given encoder output all give the same bits', () =>
    fc.assert(
      fc.asyncProperty(t5Config, weightSeed, idRows(2, 6), async (json, seed, rows) => {
        const model = await tinyT5(json, { seed });
        const input_ids = inVocabulary(rows, json.vocab_size);
        const decoder_input_ids = input_ids;
        const want = await model.forward({ input_ids, decoder_input_ids });
        const encoder = await tinyEncoder(json, { seed });
        const { last_hidden_state } = await encoder.forward({ input_ids });
        await expectSameBits(last_hidden_state, want.encoder_last_hidden_state);
        const embeds = embedTokens(model.weights, idTensor(model.backend, input_ids));
        const { output: encoder_outputs } = await model.encode({ inputs_embeds: embeds });
        const got = await model.forward({ encoder_outputs, decoder_inputs_embeds: embeds });
        await expectSameBits(got.logits, want.logits);
      }),
      runs(30),
    ));

  it('hidden states and attentions of every layer of both stacks', () =>
    fc.assert(
      fc.asyncProperty(t5Config, weightSeed, idRows(2, 6), async (json, seed, rows) => {
        const model = await tinyT5(json, { seed });
        const input_ids = inVocabulary(rows, json.vocab_size);
        const decoder_input_ids = input_ids.map((row) => row.slice(1));
        const [B, N, T, D, H] = [rows.length, rows[0].length, rows[0].length - 1, json.d_model, json.num_heads];
        const asked = { input_ids, decoder_input_ids, output_hidden_states: true, output_attentions: true };
        const got = await model.forward(asked);
        const shapes = (tensors: Tensor[] = []) => tensors.map(({ shape }) => shape);
        expect(shapes(got.encoder_hidden_states)).toEqual(Array(json.num_layers + 1).fill([B, N, D]));
        expect(shapes(got.decoder_hidden_states)).toEqual(Array(json.num_decoder_layers + 1).fill([B, T, D]));
        expect(shapes(got.encoder_attentions)).toEqual(Array(json.num_layers).fill([B, H, N, N]));
        expect(shapes(got.decoder_attentions)).toEqual(Array(json.num_decoder_layers).fill([B, H, T, T]));
        expect(shapes(got.cross_attentions)).toEqual(Array(json.num_decoder_layers).fill([B, H, T, N]));
        await expectSameBits((got.encoder_hidden_states ?? [])[json.num_layers], got.encoder_last_hidden_state);
        for (const pattern of [...(got.encoder_attentions ?? []), ...(got.cross_attentions ?? [])]) {
          const data = await pattern.readFloats();
          for (let i = 0; i < data.length; i += N)
            expectClose([data.subarray(i, i + N).reduce((a, b) => a + b)], [1], N * u);
        }
      }),
      runs(20),
    ));
});
