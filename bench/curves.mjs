/**
 * How long each token takes to come: a large model alone, a small one alone, and the hybrid of both, each reading the same
 * 64 tokens and writing 64 (48 in the trained family, whose small model has 96 positions and reads 32).
 */
import { fileURLToPath } from 'node:url';
import { median } from './measure.mjs';
import { modelFolder } from './models.mjs';
import { nameOf } from './names.mjs';
import { runScript } from './run-script.mjs';

const script = fileURLToPath(new URL('curve.mjs', import.meta.url));

const large = { prompt: 64, written: 64, vocab: 32128 };
const writers = (llm, slm, hybrid) => ({ 'LLM alone': llm, 'SLM alone': slm, hybrid });

/** Families by name: what is read and written, and who writes. */
export const families = {
  'en-de': { prompt: 32, written: 48, vocab: 4000, writers: writers('en-de/llm', 'en-de/slm', 'en-de/hybrid') },
  't5-large+gpt2': { ...large, writers: writers('t5-large', 'gpt2', 't5-large+gpt2') },
  't5-large+t5-small': { ...large, writers: writers('t5-large', 't5-small', 't5-large+t5-small') },
};

/** Milliseconds from the call to each token, medians of processes that take turns: one entry a family, row and writer. */
export async function measureCurves(node, names, rows, repetitions) {
  const plan = names.flatMap((family) =>
    fastest(rows).flatMap((row) =>
      Object.entries(families[family].writers).map(([writer, model]) => ({ family, row, writer, model, runs: [] })),
    ),
  );
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { family, row, model, runs } of plan) {
      const asked = { ...families[family], ...row, folder: modelFolder(model) };
      const outcome = await runScript(node, script, [JSON.stringify(asked)]);
      if (outcome.error !== undefined) throw new Error(`${model}: ${outcome.error}`);
      runs.push(outcome.ms);
    }
  }
  return plan.map(({ runs, row, ...entry }) => ({
    ...entry,
    row: nameOf(row),
    ms: runs[0].map((_, i) => median(runs.map((ms) => ms[i]))),
  }));
}

/** Of each dtype in question the row that should be the fastest: a fast backend, then the most threads. */
function fastest(rows) {
  const score = ({ backend, threads }) => 8 * (backend !== 'reference') + threads;
  return ['f32', 'int8'].flatMap((dtype) =>
    rows
      .filter((row) => row.dtype === dtype && !row.stored && row.place === undefined)
      .sort((a, b) => score(b) - score(a))
      .slice(0, 1),
  );
}
