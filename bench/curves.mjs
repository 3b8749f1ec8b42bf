/**
 * How long each token takes to come: a large model alone, a small one alone, and the hybrid of both, each reading the same
 * 64 tokens and writing 64 (48 in the trained family, whose small model has 96 positions and reads 32).
 */
import { median } from './measure.mjs';
import { nameOf } from './names.mjs';

const large = { prompt: 64, written: 64, vocab: 32128, others: [{ engine: 'hf', dtype: 'f32', threads: 2 }] };
const writers = (llm, slm, hybrid) => ({ 'LLM alone': llm, 'SLM alone': slm, hybrid });

/** Families by name: what is read and written, who writes, and which peers write as the large model alone. */
export const families = {
  'en-de': {
    prompt: 32,
    written: 48,
    vocab: 4000,
    others: [],
    writers: writers('en-de/llm', 'en-de/slm', 'en-de/hybrid'),
  },
  't5-large+gpt2': { ...large, writers: writers('t5-large', 'gpt2', 't5-large+gpt2') },
  't5-large+t5-small': { ...large, writers: writers('t5-large', 't5-small', 't5-large+t5-small') },
};

/** Whose tokens are timed: one entry a model and row, though families may share it. `wanted(family, writer, name)` picks. */
export function curveJobs(names, rows, peers) {
  const jobs = names.flatMap((family) => {
    const { prompt, written, vocab, others } = families[family];
    return Object.entries(families[family].writers).flatMap(([writer, model]) => {
      const foreign = peers.filter(
        (row) => writer === 'LLM alone' && others.some((each) => nameOf(each) === nameOf(row)),
      );
      return [...fastest(rows), ...foreign].map((row) => ({
        model,
        row,
        asked: { kind: 't5', vocab, tokens: { prompt, written } },
      }));
    });
  });
  const key = ({ model, row }) => `${model} ${nameOf(row)}`;
  return [...new Map(jobs.map((job) => [key(job), job])).values()];
}

/** Medians over the processes, token by token: one entry a family, row and writer. */
export function curvesOf(timed) {
  return Object.entries(families).flatMap(([family, { prompt, written, writers }]) =>
    Object.entries(writers).flatMap(([writer, model]) => {
      const own = timed.filter(
        ({ tokens, ms, ...each }) =>
          ms !== undefined && each.model === model && tokens.prompt === prompt && tokens.written === written,
      );
      return [...new Set(own.map(({ row }) => nameOf(row)))].map((row) => {
        const runs = own.filter((each) => nameOf(each.row) === row);
        return { family, row, writer, model, ms: runs[0].ms.map((_, i) => median(runs.map(({ ms }) => ms[i]))) };
      });
    }),
  );
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
