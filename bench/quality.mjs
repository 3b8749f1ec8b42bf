/**
 * What narrow weights cost in quality, on the small trained models of weights/en-de and the 1,000 test sentences of their
 * README:
 *
 *   node bench/quality.mjs                  every dtype that this version offers
 *   node bench/quality.mjs 200 int8 bf16    the first 200 sentences, these dtypes beside f32
 *
 * BLEU of greedy answers against the references; and against f32, token by token of its own answers: how often the most
 * likely next token is the same, and perplexity; how many answers are the same to the last token.
 */
import { fileURLToPath } from 'node:url';
import { AutoModel, AutoTokenizer } from '../dist/index.node.js';
import { bleu } from './bleu.mjs';
import { testSentences } from './tatoeba.mjs';

const family = fileURLToPath(new URL('../weights/en-de/', import.meta.url));
const pairs = fileURLToPath(new URL('../../shared/data/tatoeba/deu-eng.zip', import.meta.url));
const folders = ['llm', 'slm', 'hybrid', 'slm-t5', 'hybrid-t5'];
const atOnce = 20;

const [count = '1000', ...dtypes] = process.argv.slice(2);
const sentences = testSentences(pairs, Number(count));
const prompts = await AutoTokenizer.from_pretrained(`${family}llm`);
const batches = Array.from({ length: Math.ceil(sentences.length / atOnce) }, (_, i) => {
  const rows = sentences.slice(i * atOnce, (i + 1) * atOnce).map(({ english }) => prompts.encode(english).ids);
  const longest = Math.max(...rows.map(({ length }) => length));
  const padded = (row, filler, value) => [...new Array(longest - row.length).fill(filler), ...value];
  return {
    input_ids: rows.map((row) => padded(row, 0, row)),
    attention_mask: rows.map((row) => padded(row, 0, new Array(row.length).fill(1))),
  };
});

/** Does T5 write the answers? */
const isT5 = (folder) => folder === 'llm' || folder.endsWith('t5');

/** The model's answers, and what it makes of `labels` token by token: its most likely token, and the sum of −log p. */
async function measure(folder, dtype, labels) {
  const model = await AutoModel.from_pretrained(family + folder, { dtype });
  const texts = [];
  const answers = [];
  for (const batch of batches) {
    const output = await model.generate({ ...batch, max_new_tokens: 48, tokenizer: model.tokenizer ?? prompts });
    texts.push(...output.texts);
    answers.push(...output.sequences.map((row) => row.slice(isT5(folder) ? 1 : 0))); // its decoder's first token
  }
  const judged = labels ?? answers.map((row) => trimmed(row, folder));
  const best = [];
  let [sum, tokens] = [0, 0];
  for (const [i, batch] of batches.entries()) {
    const rows = judged.slice(i * atOnce, i * atOnce + batch.input_ids.length);
    const longest = Math.max(...rows.map(({ length }) => length));
    const padded = rows.map((row) => [...row, ...new Array(longest - row.length).fill(-100)]);
    const { logits, loss } = await model.forward({ ...batch, labels: padded });
    const values = await logits.readFloats();
    const [, T, V] = logits.shape;
    for (const [b, row] of rows.entries()) {
      for (let t = 0; t < row.length; t++) best.push(largest(values.subarray((b * T + t) * V, (b * T + t + 1) * V)));
    }
    const size = rows.reduce((all, { length }) => all + length, 0);
    sum += (await loss.readFloats())[0] * size;
    tokens += size;
    logits.dispose();
    loss.dispose();
  }
  const bytes = model.memoryFootprint();
  model.dispose();
  const scored = texts.map((hypothesis, i) => ({ hypothesis, references: sentences[i].references }));
  return { texts, judged, best, bleu: bleu(scored), perplexity: Math.exp(sum / tokens), bytes };
}

/** An answer up to its end token, without the fillers of its batch. */
function trimmed(row, folder) {
  const end = isT5(folder) ? 1 : 1999;
  const at = row.indexOf(end);
  return at < 0 ? row : row.slice(0, at + 1);
}

function largest(row) {
  let best = 0;
  for (let i = 0; i < row.length; i++) {
    if (!Number.isFinite(row[i])) throw new Error('a logit is not finite');
    if (row[i] > row[best]) best = i;
  }
  return best;
}

const percent = (part, whole) => ((100 * part) / whole).toFixed(2);

console.log('| model | dtype | MB | BLEU | to f32 | same next token % | perplexity | same answers % |');
console.log('|---|---|---|---|---|---|---|---|');
for (const folder of folders) {
  const f32 = await measure(folder, 'f32');
  for (const dtype of ['f32', ...(dtypes.length > 0 ? dtypes : ['f16', 'bf16', 'int8', 'int4'])]) {
    let other = f32;
    try {
      if (dtype !== 'f32') other = await measure(folder, dtype, f32.judged);
    } catch (error) {
      if (error.code === 'UNSUPPORTED_OPTION') continue;
      throw error;
    }
    const same = other.best.filter((token, i) => token === f32.best[i]).length;
    const equal = other.texts.filter((text, i) => text === f32.texts[i]).length;
    const cells = [
      ...[folder, dtype, (other.bytes / 1e6).toFixed(1), other.bleu.toFixed(2)],
      ...[(other.bleu - f32.bleu).toFixed(2), percent(same, f32.best.length)],
      ...[other.perplexity.toFixed(4), percent(equal, f32.texts.length)],
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
