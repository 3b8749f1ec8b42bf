/** What int8 costs: nearly nothing. BLEU over all test sentences is measured by bench/quality.mjs. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';

interface Item {
  readonly prompt_ids: number[];
  readonly [model: string]: unknown;
}

const file = '../shared/models/en-de/expected.json';
const where = existsSync(file) ? '' : ` (${file} is not here)`;

/** The most likely token at every step of the answer that Hugging Face gave. */
async function bestTokens(name: string, dtype: string, items: readonly Item[]): Promise<number[]> {
  const Model = name === 'llm' || name === 'slm-t5' ? T5ForConditionalGeneration : LlmToSlm;
  using model = await Model.from_pretrained(`weights/en-de/${name}`, { dtype });
  const best: number[] = [];
  for (const item of items) {
    const { greedy } = item[name] as { greedy: { ids: number[] } };
    const { logits, loss } = await model.forward({ input_ids: [item.prompt_ids], labels: [greedy.ids] });
    const values = await logits.readFloats();
    const [, T, V] = logits.shape;
    for (let t = 0; t < T; t++) {
      const row = values.subarray(t * V, (t + 1) * V);
      best.push(row.indexOf(Math.max(...row)));
    }
    logits.dispose();
    loss?.dispose();
  }
  return best;
}

describe.skipIf(where !== '')(`int8 on a hundred sentences${where}`, () => {
  it.each(['llm', 'slm', 'hybrid', 'slm-t5', 'hybrid-t5'])(
    '%s: the next token of f32 in 98 of 100 places',
    async (name) => {
      const { items }: { items: Item[] } = JSON.parse(readFileSync(file, 'utf8'));
      const [f32, int8] = [await bestTokens(name, 'f32', items), await bestTokens(name, 'int8', items)];
      const wrote = items.flatMap((item) => (item[name] as { greedy: { ids: number[] } }).greedy.ids);
      expect(f32).toEqual(wrote);
      expect(int8.filter((token, i) => token === f32[i]).length / f32.length).toBeGreaterThanOrEqual(0.98);
    },
  );
});
