/** Whole models in int8 and int4: what the float models promise bit for bit, and nothing that overflows. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { slice } from '../../src/kernels/slice.ts';
import { createWasmBackend } from '../../src/kernels/wasm/create.ts';
import { padRows } from '../../src/pretrained/padded.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { widen } from '../../src/tensor/floats.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { runs } from '../seed.ts';
import { bits, rowOf } from './bits.ts';
import {
  type Gpt2Json,
  gpt2Config,
  idRows,
  inVocabulary,
  raggedRows,
  side,
  type T5Json,
  t5Config,
  weightSeed,
} from './configs.ts';
import { tinyGpt2, tinyT5 } from './tiny.ts';

const backends = { reference: () => new ReferenceBackend(), wasm: () => createWasmBackend({ threads: 1 }) };

const all = (['reference', 'wasm'] as const).flatMap((name) => [
  { name, quantised: 'Q8' as const, off: [0.15, 0.05] as const },
  { name, quantised: 'Q4' as const, off: [0.4, 0.3] as const },
]);

describe.each(all)('$quantised on $name', ({ name, quantised, off }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await backends[name]();
  });
  afterAll(() => backend.dispose());
  const gpt2 = (json: Gpt2Json, seed: number) => tinyGpt2(json, { seed, backend, quantised });
  const t5 = (json: T5Json, seed: number) => tinyT5(json, { seed, backend, quantised });

  it('GPT-2 read token by token, in a padded batch, has the bits of one pass', () =>
    fc.assert(
      fc.asyncProperty(gpt2Config, weightSeed, raggedRows(3, 6), idRows(1, 4), async (json, seed, rows, [more]) => {
        const model = await gpt2(json, seed);
        const ragged = inVocabulary(rows, json.vocab_size);
        const { session } = await model.open(padRows(ragged, 'left', 0));
        const written = more.map((id) => id % json.vocab_size);
        for (const id of written) session.next(ragged.map(() => id));
        for (const [b, row] of ragged.entries()) {
          const alone = await model.forward({ input_ids: [[...row, ...written]] });
          const last = row.length + written.length - 1;
          expect(await bits(slice(session.logits, 0, b, b + 1))).toEqual(await bits(rowOf(alone.logits, 0, last)));
        }
        model.dispose();
      }),
      runs(20),
    ));

  it('T5 read token by token, in a batch padded on either side, has the bits of one pass', () =>
    fc.assert(
      fc.asyncProperty(
        t5Config,
        weightSeed,
        raggedRows(3, 6),
        idRows(1, 4),
        side,
        async (json, seed, rows, [d], side) => {
          const model = await t5(json, seed);
          const ragged = inVocabulary(rows, json.vocab_size);
          const [written] = inVocabulary([d], json.vocab_size);
          const { session } = await model.open(padRows(ragged, side, 0));
          for (const id of written) session.next(ragged.map(() => id));
          for (const [b, row] of ragged.entries()) {
            const alone = await model.forward({ input_ids: [row], decoder_input_ids: [[0, ...written]] });
            const got = await bits(slice(session.logits, 0, b, b + 1));
            expect(got).toEqual(await bits(rowOf(alone.logits, 0, written.length)));
          }
          model.dispose();
        },
      ),
      runs(20),
    ));

  it('nothing becomes NaN where a few columns are 60 times as large as the others', async () => {
    const json: Gpt2Json = { ...tiny, n_embd: 160, n_head: 4 };
    const gain = Array.from({ length: 160 }, (_, i) => (i % 40 === 7 ? 60 : 1));
    const given = { 'transformer.h.0.ln_1.weight': gain, 'transformer.h.0.ln_2.weight': gain };
    const input_ids = [[1, 5, 9, 2, 2, 7]];
    const [exact, got] = [
      await tinyGpt2(json, { backend, given }).then((model) => model.forward({ input_ids })),
      await tinyGpt2(json, { backend, given, quantised }).then((model) => model.forward({ input_ids })),
    ];
    expect(await distance(got.logits, exact.logits)).toBeLessThan(off[0]);
  });

  it("T5's feed-forward stays wide, beyond the range of float16", async () => {
    const given = { 'encoder.block.0.layer.1.DenseReluDense.wo.weight': new Array<number>(16 * 32).fill(3e4) };
    const ids = { input_ids: [[3, 4, 5, 1]], decoder_input_ids: [[0, 3]] };
    const [model, floats] = [
      await tinyT5(t5Json, { backend, quantised, given }),
      await tinyT5(t5Json, { backend, given }),
    ];
    const [{ mlp }] = model.weights.encoder.blocks;
    expect([mlp.up.dtype, mlp.down.dtype]).toEqual([quantised, 'F32']);
    let most = 0;
    const observer = {
      tap: (name: string, value: Tensor) => {
        if (name === 'encoder.blocks.0.mlp_out') most = Math.max(...widen(value.peek(), 'F32').map(Math.abs));
        return undefined;
      },
    };
    const got = await model.forward({ ...ids, observer });
    expect(most).toBeGreaterThan(65504);
    expect(await distance(got.logits, (await floats.forward(ids)).logits)).toBeLessThan(off[1]);
  });
});

/** ‖a − b‖ / ‖b‖; NaN if there is one. */
async function distance(a: Tensor, b: Tensor): Promise<number> {
  const [x, y] = [await a.readFloats(), await b.readFloats()];
  return Math.hypot(...x.map((value, i) => value - y[i])) / Math.hypot(...y);
}

const tiny: Gpt2Json = {
  model_type: 'gpt2',
  vocab_size: 11,
  n_positions: 16,
  n_embd: 8,
  n_layer: 2,
  n_head: 2,
  n_inner: null,
  activation_function: 'gelu_new',
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  tie_word_embeddings: true,
};

const t5Json: T5Json = {
  model_type: 't5',
  vocab_size: 11,
  d_model: 16,
  d_kv: 4,
  num_heads: 4,
  d_ff: 32,
  num_layers: 2,
  num_decoder_layers: 2,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 33,
  feed_forward_proj: 'relu',
  tie_word_embeddings: true,
  scale_decoder_outputs: true,
};
