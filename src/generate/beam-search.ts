import { unobserved } from '../models/run.ts';
import { advance, type BeamRules, beginSearch, type Search, settled } from './beams.ts';
import { eosIds } from './eos.ts';
import { type Chain, chainFor } from './processors/chain.ts';
import { random } from './random.ts';
import type { Request } from './request.ts';
import { logSoftmax } from './sample.ts';
import { processRows, readRows } from './step.ts';

export interface BeamResult {
  /** One search a prompt. */
  readonly searches: readonly Search[];
  readonly steps: number;
  /** Step → prompt × beam: log-probabilities after the processors, and the model's logits; empty where not asked for. */
  readonly scores: Float32Array[][];
  readonly logits: Float32Array[][];
}

interface Line extends Search {
  readonly chain: Chain;
  readonly rules: BeamRules;
}

/**
 * Beam search over all prompts at once. In the first step the beams of a prompt are one row; the rows are multiplied
 * when they first differ, and the caches move only when beams change places.
 *
 * A prompt whose result can no longer change leaves the batch, unless somebody looks at the scores.
 */
export async function beamSearch(request: Request): Promise<BeamResult> {
  const { session, prompt, options, limit, seed, run, turn, prefilled, keep } = request;
  const { num_beams: width, do_sample, output_scores, output_logits } = options;
  const shared = {
    width,
    eos: new Set(eosIds(options)),
    limit,
    lengthPenalty: options.length_penalty,
    earlyStopping: options.early_stopping,
  };
  const all: Line[] = prompt.ids.map((ids, row) => ({
    ...beginSearch(ids, width),
    chain: chainFor(options, prompt, row),
    rules: do_sample ? { ...shared, random: random(seed, row) } : shared,
  }));
  const stays = output_scores || output_logits || run !== unobserved;
  const scores: Float32Array[][] = [];
  const logits: Float32Array[][] = [];
  let lines = all;
  let perLine = 1; // rows of the session a search has
  for (let step = 1; ; step++) {
    await turn();
    const raw = await readRows(session); // [lines·perLine][V]
    if (step === 1) prefilled();
    const logProbs = keep === undefined ? raw : raw.map((row) => row.slice());
    for (const row of logProbs) logSoftmax(row);
    const beams = lines.flatMap(({ chain, running }) =>
      running.slice(0, perLine).map(({ tokens }) => ({ chain, tokens })),
    );
    processRows(beams, logProbs, session, run);
    const rowOf = (line: number, beam: number): number => line * perLine + (perLine === 1 ? 0 : beam);
    const perBeam = (rows: Float32Array[]): Float32Array[] =>
      lines.flatMap((_, i) => Array.from({ length: width }, (_, beam) => rows[rowOf(i, beam)]));
    const forBeams = perBeam(logProbs);
    if (output_scores) scores.push(forBeams);
    if (output_logits) logits.push(perBeam(raw));
    let goOn = false;
    for (const [i, line] of lines.entries()) {
      goOn = advance(line, forBeams.slice(i * width, (i + 1) * width), line.rules, step) || goOn;
    }
    if (!goOn || lines.every((line) => settled(line, line.rules)))
      return { searches: all, steps: step, scores, logits };
    const staying = lines.flatMap((line, i) => (stays || !settled(line, line.rules) ? [i] : []));
    const from = staying.flatMap((i) => lines[i].running.map(({ parents }) => rowOf(i, parents[parents.length - 1])));
    if (from.length !== session.rows || from.some((row, i) => row !== i)) session.reorder(from);
    lines = staying.map((i) => lines[i]);
    perLine = width;
    session.next(lines.flatMap(({ running }) => running.map(({ tokens }) => tokens[tokens.length - 1])));
  }
}
