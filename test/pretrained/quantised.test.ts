/** The trained family that comes with the repository, resident in int8 and int4. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import { AutoTokenizer } from '../../src/pretrained/tokenizers.ts';

const family = fileURLToPath(new URL('../../weights/en-de/', import.meta.url));
const sentences = [
  'Good morning.',
  'I have lost my keys.',
  'She reads a book every week.',
  'Where is the nearest station?',
  'We will come back tomorrow.',
  'The children are playing in the garden.',
  'He does not want to talk about it.',
  'It has been raining since Monday.',
];

describe.each([
  ['int8', 'Q8', 0.96],
  ['int4', 'Q4', 0.88],
] as const)('%s', (dtype, kind, least) => {
  it.each(['reference', 'wasm'] as const)(
    'quantises what may be, keeps the rest, and writes the same on %s',
    async (backend) => {
      using model = await T5ForConditionalGeneration.from_pretrained(`${family}llm`, { dtype, backend });
      const [{ attn, mlp, ln1 }] = model.weights.encoder.blocks;
      const dtypes = [model.weights.tokenEmbedding, attn.q, mlp.up, mlp.down, ln1.gain].map(({ dtype }) => dtype);
      expect(dtypes).toEqual(['Q8', kind, kind, 'F16', 'F32']); // a table keeps 8 bits
      const tokenizer = await AutoTokenizer.from_pretrained(`${family}llm`);
      const input_ids = [tokenizer.encode(sentences[1]).ids];
      using f32 = await T5ForConditionalGeneration.from_pretrained(`${family}llm`, { backend });
      const [{ texts }, { texts: want }] = [
        await model.generate({ input_ids, max_new_tokens: 8 }),
        await f32.generate({ input_ids, max_new_tokens: 8 }),
      ];
      expect(texts).toEqual(want);
    },
  );

  it.each(['llm', 'slm-t5', 'hybrid', 'hybrid-t5'])('%s agrees with f32 on the next token', async (name) => {
    const Model = name.startsWith('hybrid') ? LlmToSlm : T5ForConditionalGeneration;
    using f32 = await Model.from_pretrained(`${family}${name}`, { backend: 'wasm' });
    using small = await Model.from_pretrained(`${family}${name}`, { backend: 'wasm', dtype });
    const tokenizer = await AutoTokenizer.from_pretrained(`${family}llm`);
    let [same, all] = [0, 0];
    for (const sentence of sentences) {
      const input_ids = [tokenizer.encode(sentence).ids];
      const { sequences } = await f32.generate({ input_ids, max_new_tokens: 24 });
      const labels = [sequences[0].slice(name === 'llm' || name.endsWith('t5') ? 1 : 0)];
      const [a, b] = [await f32.forward({ input_ids, labels }), await small.forward({ input_ids, labels })];
      const [x, y] = [await a.logits.readFloats(), await b.logits.readFloats()];
      const V = a.logits.shape[2];
      for (let t = 0; t < labels[0].length; t++, all++) {
        const [best, other] = [x, y].map((rows) => argmax(rows.subarray(t * V, (t + 1) * V)));
        if (best === other) same++;
      }
    }
    expect(all).toBeGreaterThan(50);
    expect(same / all).toBeGreaterThanOrEqual(least);
  });
});

function argmax(row: Float32Array): number {
  return row.indexOf(Math.max(...row));
}
