import { beamSearch } from './beam-search.ts';
import { decode } from './decode.ts';
import { eosIds, padId } from './eos.ts';
import type { ResolvedOptions } from './option-table.ts';
import { type Hooks, type Prepared, prepare, type Timings } from './prepare.ts';
import type { Prompt } from './prompt.ts';
import type { FinishReason } from './request.ts';
import type { Session } from './session.ts';

/** What `generate` gives; rows are prompts × `num_return_sequences`. */
export interface GenerateOutput {
  /** The prompt's ids (where it has any), the written ones, then fillers to one length. */
  readonly sequences: number[][];
  /** Why each row ended. */
  readonly finish_reasons: FinishReason[];
  /** Beam search: sum of log-probabilities divided by length^length_penalty, and each token's beam (−1: none). */
  readonly sequences_scores?: number[];
  readonly beam_indices?: number[][];
  /** Step → row → [V], with `output_scores`: after all processors; in beam search log-probabilities of every beam. */
  readonly scores?: Float32Array[][];
  /** Step → row → [V], with `output_logits`: as the model gave them. */
  readonly logits?: Float32Array[][];
  /** Where the draws came from: with this `seed` the same call writes the same text. */
  readonly seed?: number;
  readonly timings: Timings;
}

/**
 * Writes on behind a prompt that a session has read: greedy, by drawing, or by beam search.
 *
 * The session is used up: it is disposed of on every way out.
 *
 * Errors    OptionError for lengths that do not fit · NumericError where no token may be chosen · the signal's reason
 * Source    transformers v5, `generate`
 */
export async function generate(
  session: Session,
  prompt: Prompt,
  options: ResolvedOptions,
  hooks: Hooks = {},
): Promise<GenerateOutput> {
  try {
    const prepared = prepare(session, prompt, options, hooks, options.output_logits ? 'logits' : undefined);
    const seed = options.do_sample ? { seed: prepared.request.seed } : {};
    return { ...(await (options.num_beams > 1 ? byBeams(prepared) : byRows(prepared))), ...seed };
  } finally {
    session.dispose();
  }
}

async function byRows({ request, timings }: Prepared): Promise<GenerateOutput> {
  const { prompt, options } = request;
  const copies = options.num_return_sequences;
  const pad = padId(options);
  const sequences = prompt.ids.flatMap((ids) => Array.from({ length: copies }, () => [...ids]));
  const finish_reasons: FinishReason[] = sequences.map(() => 'length');
  const scores: Float32Array[][] = [];
  const logits: Float32Array[][] = [];
  let [steps, tokens] = [0, 0];
  for await (const step of decode(request)) {
    steps++;
    for (const { row, token, reason, filler } of step) {
      if (filler) continue;
      sequences[row].push(token);
      tokens++;
      if (reason !== undefined) finish_reasons[row] = reason;
    }
    if (options.output_scores) scores.push(step.map((row) => row.scores));
    if (options.output_logits) logits.push(step.map((row) => row.logits));
  }
  fill(sequences, pad);
  return { sequences, finish_reasons, ...asked(options, scores, logits), timings: timings(steps, tokens) };
}

async function byBeams({ request, timings }: Prepared): Promise<GenerateOutput> {
  const { prompt, options } = request;
  const eos = eosIds(options);
  const { searches, steps, scores, logits } = await beamSearch(request);
  const columns = prompt.ids[0].length;
  const results = searches.flatMap(({ kept }, row) =>
    kept.slice(0, options.num_return_sequences).map((hypothesis) => ({ ...hypothesis, row })),
  );
  const sequences = results.map(({ tokens }) => [...tokens]);
  const beam_indices = results.map(({ parents, row }) => parents.map((beam) => row * options.num_beams + beam));
  const tokens = beam_indices.reduce((sum, { length }) => sum + length, 0);
  const finish_reasons = results.map(
    ({ tokens }): FinishReason =>
      tokens.length > columns && eos.includes(tokens[tokens.length - 1]) ? 'stop' : 'length',
  );
  fill(sequences, padId(options) || (eos[0] ?? 0)); // Hugging Face takes pad id 0 for "none" here
  fill(beam_indices, -1);
  return {
    sequences,
    finish_reasons,
    sequences_scores: results.map(({ score }) => score),
    beam_indices,
    ...asked(options, scores, logits),
    timings: timings(steps, tokens),
  };
}

/** Brings all rows to the length of the longest. */
function fill(rows: number[][], filler: number): void {
  const length = rows.reduce((most, row) => Math.max(most, row.length), 0);
  for (const row of rows) while (row.length < length) row.push(filler);
}

function asked(
  options: ResolvedOptions,
  scores: Float32Array[][],
  logits: Float32Array[][],
): Pick<GenerateOutput, 'scores' | 'logits'> {
  return { ...(options.output_scores && { scores }), ...(options.output_logits && { logits }) };
}
