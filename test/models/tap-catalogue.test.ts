import { describe, expect, it } from 'vitest';
import type { Observer } from '../../src/models/run.ts';
import { type TapPart, tapCatalogue, tapEntry } from '../../src/models/tap-catalogue.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import type { Gpt2Json, T5Json } from './configs.ts';
import { tinyGpt2, tinyHybrid, tinyT5 } from './tiny.ts';

/** Sizes that differ wherever letters do, so that a wrong letter is a wrong size. */
const gpt2: Gpt2Json = {
  model_type: 'gpt2',
  vocab_size: 17,
  n_positions: 16,
  n_embd: 10,
  n_layer: 2,
  n_head: 2,
  n_inner: 11,
  activation_function: 'gelu_new',
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  tie_word_embeddings: true,
};
const t5: T5Json = {
  model_type: 't5',
  vocab_size: 19,
  d_model: 12,
  d_kv: 8,
  num_heads: 3,
  d_ff: 13,
  num_layers: 2,
  num_decoder_layers: 3,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 40,
  feed_forward_proj: 'gated-gelu',
  tie_word_embeddings: false,
  scale_decoder_outputs: false,
};
const llm: T5Json = { ...t5, d_model: 20, d_kv: 9, num_heads: 4, d_ff: 21 };
const ids = [
  [1, 2, 3, 4, 5, 6],
  [7, 8, 9, 10, 11, 12],
];
const short = ids.map((row) => row.slice(0, 4));

type Sizes = Readonly<Record<string, number>>;
const gpt2Sizes: Sizes = { D: 10, H: 2, E: 5, F: 11, V: 17 };
const t5Sizes: Sizes = { D: 12, H: 3, E: 8, F: 13, V: 19 };
const llmSizes: Sizes = { D: 20, H: 4, E: 9, F: 21, N: 6 };

type Tap = readonly [name: string, shape: readonly number[]];

class Recorder implements Observer {
  readonly seen: Tap[] = [];

  tap(name: string, value: Tensor): undefined {
    this.seen.push([name, value.shape]);
  }
}

/** What the catalogue promises of a part: every name in every layer, with its shape in numbers. */
function promised(part: TapPart, layers: number, sizes: Sizes, except = /^$/): Tap[] {
  const entries = tapCatalogue.filter(({ parts, name }) => parts.includes(part) && !except.test(name));
  return entries.flatMap(({ name, shape }) => {
    const axes = shape.split(' ').flatMap((letter) => (letter === '' ? [] : [sizes[letter] ?? Number(letter)]));
    const rows = name.endsWith('.bias') ? 1 : ids.length; // the same for the whole batch
    const names = name.includes('.i.')
      ? Array.from({ length: layers }, (_, i) => name.replace('.i.', `.${i}.`))
      : [name];
    return names.map((full): Tap => [full, [rows, ...axes]]);
  });
}

/** Every promise kept exactly once, and nothing else. */
function expectTaps(seen: readonly Tap[], ...promises: Tap[][]): void {
  const sorted = (taps: readonly Tap[]) => taps.map(([name, shape]) => `${name} [${shape}]`).sort();
  expect(sorted(seen)).toEqual(sorted(promises.flat()));
}

describe('tap catalogue', () => {
  it('GPT-2 offers every name once a layer, in the first pass and in those that follow', async () => {
    const model = await tinyGpt2(gpt2);
    const [first, next] = [new Recorder(), new Recorder()];
    const { past_key_values } = await model.forward({ input_ids: ids, use_cache: true, observer: first });
    expectTaps(first.seen, promised('GPT-2', 2, { ...gpt2Sizes, T: 6, S: 6 }));
    await model.forward({ input_ids: [[1], [2]], past_key_values, observer: next });
    expectTaps(next.seen, promised('GPT-2', 2, { ...gpt2Sizes, T: 1, S: 7 }));
  });

  it('T5 does, in both stacks; keys and values of the prompt in the first pass alone', async () => {
    const model = await tinyT5(t5);
    const [first, next] = [new Recorder(), new Recorder()];
    const asked = { input_ids: ids, decoder_input_ids: short, use_cache: true, observer: first };
    const { past_key_values, encoder_last_hidden_state } = await model.forward(asked);
    const sizes = { ...t5Sizes, N: 6, T: 4, S: 4 };
    expectTaps(first.seen, promised('T5 encoder', 2, sizes), promised('T5 decoder', 3, sizes));
    const more = { encoder_outputs: encoder_last_hidden_state, decoder_input_ids: [[1], [2]], past_key_values };
    await model.forward({ ...more, observer: next });
    expectTaps(next.seen, promised('T5 decoder', 3, { ...sizes, T: 1, S: 5 }, /cross_attn\.[kv]$/));
  });

  it('T5 v1.0 has no gates', async () => {
    const model = await tinyT5({ ...t5, feed_forward_proj: 'relu' });
    const recorder = new Recorder();
    await model.forward({ input_ids: ids, decoder_input_ids: short, observer: recorder });
    const sizes = { ...t5Sizes, N: 6, T: 4, S: 4 };
    expectTaps(recorder.seen, promised('T5 encoder', 2, sizes, /gate$/), promised('T5 decoder', 3, sizes, /gate$/));
  });

  it.each(['add', 'replace', 'none'] as const)(
    'a hybrid with GPT-2 offers encoder, bridge and decoder: %s',
    async (fusion) => {
      const model = await tinyHybrid({ llm, slm: gpt2, fusion, hidden: 14 });
      const recorder = new Recorder();
      await model.forward({ input_ids: ids, labels: short, observer: recorder });
      const bridge = { N: 6, P: 14, D_slm: 10 };
      const sizes = { ...gpt2Sizes, T: 10, S: 10 };
      const logits: Tap[] = [['decoder.logits', [2, 4, 17]]]; // of the response alone
      const decoder = [...promised('GPT-2', 2, sizes, /logits$/), ...logits];
      const unused = fusion === 'none' ? /projector|features/ : /^$/;
      expectTaps(
        recorder.seen,
        fusion === 'none' ? [] : promised('T5 encoder', 2, llmSizes),
        promised('bridge', 0, bridge, unused),
        decoder,
      );
    },
  );

  it("a hybrid with T5 calls the small model's own encoder by another name", async () => {
    const model = await tinyHybrid({ llm, slm: t5, fusion: 'add', hidden: 14 });
    const recorder = new Recorder();
    await model.forward({ input_ids: ids, labels: short, observer: recorder });
    const sizes = { ...t5Sizes, N: 6, T: 4, S: 4 };
    const own = promised('T5 encoder', 2, sizes).map(([name, shape]): Tap => [`slm_${name}`, shape]);
    const bridge = promised('bridge', 0, { N: 6, P: 14, D_slm: 12 });
    expectTaps(recorder.seen, promised('T5 encoder', 2, llmSizes), bridge, own, promised('T5 decoder', 3, sizes));
  });

  it.each([
    ['greedy', {}, /coin$/],
    ['sampling', { do_sample: true, seed: 1 }, /^$/],
    ['beams', { num_beams: 2 }, /(probs|coin|choice)$/],
  ])('generation offers its choice at every step: %s', async (_name, options, except) => {
    const model = await tinyGpt2(gpt2);
    const recorder = new Recorder();
    await model.generate({ input_ids: ids, max_new_tokens: 1, observer: recorder, ...options });
    const sampled = recorder.seen.filter(([name]) => name.startsWith('sample.'));
    expectTaps(sampled, promised('generation', 0, { V: 17 }, except));
  });

  it('finds the entry of a full name', () => {
    expect(tapEntry('decoder.blocks.12.cross_attn.q')?.shape).toBe('H T E');
    expect(tapEntry('slm_encoder.blocks.0.attn.bias')?.shape).toBe('H N N');
    expect(tapEntry('decoder.blocks.i.attn.q')?.shape).toBe('H T E');
    expect(tapEntry('decoder.blocks.0.attn.Q')).toBeUndefined();
  });

  it('docs/taps.md says the same (npx vitest run -u test/models/tap-catalogue.test.ts writes it)', async () => {
    await expect(tapsPage()).toMatchFileSnapshot('../../docs/taps.md');
  });
});

function tapsPage(): string {
  const rows = tapCatalogue.map(({ name, shape, says, parts, when }) => {
    const only = when === undefined ? '' : ` (${when})`;
    return `| \`${name}\` | [${shape}] | ${says}${only} | ${parts.join(', ')} |`;
  });
  return `# Taps

Every value that an observer is offered while a model runs, made of \`src/models/tap-catalogue.ts\`. \`i\` is the layer.
Shapes are without the leading batch axis.

N prompt tokens · T new tokens · S = past + T · D width of the stack · H heads · E head size · F feed-forward width ·
V vocabulary · P hidden width of the projector · D_slm width of the small model

A hybrid offers what a T5 encoder, the bridge and its small model's decoder offer. A small model of T5 type has an encoder
of its own: its taps begin with \`slm_encoder\` in place of \`encoder\`.

| Name | Shape | What it is | In |
|---|---|---|---|
${rows.join('\n')}
`;
}
