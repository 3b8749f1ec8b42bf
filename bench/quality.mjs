/**
 * What int8 costs in quality, on a family of small trained models: `node bench/quality.mjs FAMILY [dtype] [backend]`.
 *
 * FAMILY holds the folders and `expected.json` of the en-de family. For every model, against f32 on the same backend: share of teacher-forced
 * tokens whose most likely next token is the same, perplexity of the expected answers, share of prompts whose greedy
 * answer is the same to the last token.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModel } from '../dist/index.node.js';

const [family, dtype = 'int8', backend = 'wasm'] = process.argv.slice(2);
const { items } = JSON.parse(readFileSync(join(family, 'expected.json'), 'utf8'));
const folders = ['llm', 'slm-t5', 'slm', 'hybrid', 'hybrid-t5'];

/** What a model makes of one item: its most likely token at every step of the expected answer, −log p of it, and its own answer. */
async function answer(model, { prompt_ids, ...item }, folder) {
  const labels = [item[folder].greedy.ids];
  const { logits, loss } = await model.forward({ input_ids: [prompt_ids], labels });
  const [, T, V] = logits.shape;
  const rows = await logits.readFloats();
  const best = Array.from({ length: T }, (_, t) => {
    const row = rows.subarray(t * V, (t + 1) * V);
    if (row.some((x) => !Number.isFinite(x))) throw new Error(`${folder} ${dtype}: a logit is not finite`);
    return row.indexOf(Math.max(...row));
  });
  const [mean] = await loss.readFloats();
  logits.dispose();
  loss.dispose();
  const { sequences } = await model.generate({ input_ids: [prompt_ids], max_new_tokens: 48, num_beams: 1 });
  return { best, sum: mean * T, written: sequences[0].join(' ') };
}

async function answers(folder, dtype) {
  const model = await AutoModel.from_pretrained(join(family, folder), { dtype, backend });
  const all = [];
  for (const item of items) all.push(await answer(model, item, folder));
  model.dispose();
  return all;
}

const perplexity = (all) => Math.exp(all.reduce((s, a) => s + a.sum, 0) / all.reduce((s, a) => s + a.best.length, 0));

for (const folder of folders) {
  const [f32, other] = [await answers(folder, 'f32'), await answers(folder, dtype)];
  const tokens = f32.flatMap(({ best }, i) => best.map((token, t) => token === other[i].best[t]));
  const greedy = f32.filter(({ written }, i) => written === other[i].written).length;
  const [before, after] = [perplexity(f32), perplexity(other)];
  console.log(
    `${folder.padEnd(10)} ${dtype}: top-1 ${((100 * tokens.filter(Boolean).length) / tokens.length).toFixed(2)} % of ${tokens.length}, ` +
      `greedy answers equal ${greedy} of ${f32.length}, perplexity ${before.toFixed(4)} → ${after.toFixed(4)} (${(100 * (after / before - 1)).toFixed(2)} %)`,
  );
}
