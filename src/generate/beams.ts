import { largest } from './largest.ts';
import type { Random } from './random.ts';
import { drawDistinct } from './sample.ts';

/** One candidate answer. */
export interface Hypothesis {
  /** What processors see: the prompt's ids, then those written. */
  readonly tokens: readonly number[];
  /** Running: the sum of log-probabilities. Kept: that sum divided by length^penalty. */
  readonly score: number;
  /** For each token written, the beam it was written behind. */
  readonly parents: readonly number[];
  readonly ended: boolean;
}

/** The search for one prompt. */
export interface Search {
  /** Hypotheses still being written, best first. */
  running: readonly Hypothesis[];
  /** The best that ended so far, best first. */
  kept: readonly Hypothesis[];
  /** Whether a running one may still beat a kept one. */
  open: boolean;
}

export interface BeamRules {
  readonly width: number;
  readonly eos: ReadonlySet<number>;
  /** Tokens a row may get. */
  readonly limit: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  /** Draws the candidates instead of taking the best. */
  readonly random?: Random;
}

/** The score of what must not win; Hugging Face adds it where others would use a mask, and so its sums round alike. */
const hopeless = -1e9;
const { fround } = Math;

/** Only the first beam has a chance at first: all begin with the same prompt. */
export function beginSearch(prompt: readonly number[], width: number): Search {
  const beam = (score: number): Hypothesis => ({ tokens: prompt, score, parents: [], ended: false });
  return {
    running: Array.from({ length: width }, (_, i) => beam(i === 0 ? 0 : hopeless)),
    kept: Array.from({ length: width }, () => beam(hopeless)),
    open: true,
  };
}

/**
 * One step of beam search for one prompt: every beam is continued by every token, the best candidates go on, and those
 * that end compete with what ended before. max(2, 1 + eos) × width candidates are looked at, so that width of them go
 * on even where all best ones end; only the first width of them may end.
 *
 * Shapes    scores: width rows [V] of processed log-probabilities
 * Numerics  float32, every operation rounded as Hugging Face's tensors do
 * Source    Sutskever et al. 2014 §3.2; length penalty Wu et al. 2016, eq. 14; transformers v5, `_beam_search`
 */
export function advance(search: Search, scores: readonly Float32Array[], rules: BeamRules, step: number): boolean {
  const { width, eos, limit, lengthPenalty, earlyStopping } = rules;
  const V = scores[0].length;
  const sums = new Float32Array(width * V);
  for (let beam = 0; beam < width; beam++) {
    const { score } = search.running[beam];
    for (let id = 0; id < V; id++) sums[beam * V + id] = scores[beam][id] + score;
  }
  const count = Math.max(2, 1 + eos.size) * width;
  const picked = rules.random === undefined ? largest(sums, count) : drawDistinct(sums, count, rules.random);
  const candidates: Hypothesis[] = Array.from(picked, (at) => {
    const beam = Math.floor(at / V);
    const { tokens, parents } = search.running[beam];
    const id = at % V;
    return {
      tokens: [...tokens, id],
      score: sums[at],
      parents: [...parents, beam],
      ended: eos.has(id) || step === limit,
    };
  });
  const goingOn = candidates.map((c) => (c.ended ? { ...c, score: fround(c.score + hopeless) } : c));
  search.running = bestOf(goingOn, width);

  const power = fround(step ** lengthPenalty);
  const full = earlyStopping === true && search.kept.every(({ ended }) => ended);
  const ending = candidates.map((candidate, i): Hypothesis => {
    const ended = candidate.ended && i < width;
    let score = fround(candidate.score / power);
    for (const bar of [full, !search.open, !ended]) if (bar) score = fround(score + hopeless);
    return { ...candidate, score, ended };
  });
  search.kept = bestOf([...search.kept, ...ending], width);

  const reach = earlyStopping === 'never' && lengthPenalty > 0 ? limit : step;
  const hope = fround(search.running[0].score / fround(reach ** lengthPenalty));
  const worst = search.kept[width - 1].score;
  search.open &&= search.kept.some(({ ended }) => hope > (ended ? worst : hopeless));
  return candidates.some(({ ended }) => !ended);
}

/** Whether nothing can change what is kept any more. */
export function settled({ open, kept }: Search, { earlyStopping }: BeamRules): boolean {
  return !open || (earlyStopping === true && kept.every(({ ended }) => ended));
}

function bestOf(list: readonly Hypothesis[], count: number): Hypothesis[] {
  const scores = Float32Array.from(list, ({ score }) => score);
  return Array.from(largest(scores, count), (i) => list[i]);
}
