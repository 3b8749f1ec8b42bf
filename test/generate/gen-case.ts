/** One case of the generation goldens: what Hugging Face wrote for these options, against what `write` writes. */
import type { GenerateOutput } from '../../src/generate/generate.ts';
import type { GenerateOptions } from '../../src/generate/option-table.ts';
import { u } from '../close.ts';
import { boundOf, type Tally } from '../parity/compare.ts';
import type { GoldenTensor } from '../parity/walk.ts';

export interface GenCase {
  readonly name: string;
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly options: Readonly<Record<string, unknown>>;
  readonly prompt_length: number;
  readonly sequences: number[][];
  readonly sequences_scores?: number[];
  readonly beam_indices?: number[][];
  /** Names of tensors [steps, rows, V]. */
  readonly scores?: string;
  readonly logits?: string;
  /** What drafted for the model; Hugging Face is given it as `assistant_model`. */
  readonly assistant?: unknown;
}

export interface GenGolden {
  readonly cases: readonly GenCase[];
  readonly tensors?: Readonly<Record<string, GoldenTensor>>;
}

export type Write = (
  inputs: { readonly input_ids: number[][]; readonly attention_mask: number[][] },
  options: GenerateOptions,
) => Promise<GenerateOutput>;

/** Runs one case: ids and beams equal, scores and logits within their bounds. */
export async function runGenCase(
  write: Write,
  golden: GenCase,
  { tensors: about = {} }: GenGolden,
  tensors: ReadonlyMap<string, Float32Array>,
  tally: Tally,
): Promise<void> {
  const { input_ids, attention_mask, sequences, sequences_scores, beam_indices } = golden;
  const asked = {
    output_scores: golden.scores !== undefined,
    output_logits: golden.logits !== undefined,
    ...(golden.assistant !== undefined && { assistant_model: golden.assistant }),
  };
  const got = await write({ input_ids, attention_mask }, { ...golden.options, ...asked });
  tally.equal(got.sequences, sequences);
  if (beam_indices !== undefined) tally.equal(got.beam_indices, beam_indices);
  if (sequences_scores !== undefined) {
    tally.close(got.sequences_scores ?? [], sequences_scores, (i) => scoreBound(sequences_scores[i]));
  }
  for (const kind of ['scores', 'logits'] as const) {
    const name = golden[kind];
    if (name === undefined) continue;
    const want = tensors.get(name);
    if (want === undefined) throw new Error(`golden.safetensors has no ${name}`);
    tally.close(flat(got[kind] ?? []), want, boundOf(about[name]));
  }
}

/** The golden's sums are of up to 32 log-probabilities in float32, each with the noise of a float32 logit. */
const scoreBound = (score: number): number => 32 * u * Math.abs(score) + 1e-5;

function flat(steps: Float32Array[][]): number[] {
  return steps.flatMap((rows) => rows.flatMap((row) => Array.from(row)));
}
