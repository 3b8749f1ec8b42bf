/** One case of the generation goldens: what Hugging Face wrote for these options, against what `write` writes. */
import { expect } from 'vitest';
import type { GenerateOutput } from '../../src/generate/generate.ts';
import type { GenerateOptions } from '../../src/generate/option-table.ts';

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
  readonly tensors?: Readonly<Record<string, { readonly abs_max: number; readonly f32_max_abs_diff: number }>>;
}

export type Write = (
  inputs: { readonly input_ids: number[][]; readonly attention_mask: number[][] },
  options: GenerateOptions,
) => Promise<GenerateOutput>;

/**
 * Runs one case: ids and beams equal, scores and logits within the golden's own float32 noise. Gives the number of
 * values compared.
 */
export async function runGenCase(
  write: Write,
  golden: GenCase,
  { tensors: noise = {} }: GenGolden,
  tensors: ReadonlyMap<string, Float32Array>,
): Promise<number> {
  const { input_ids, attention_mask, sequences, sequences_scores, beam_indices } = golden;
  const asked = {
    output_scores: golden.scores !== undefined,
    output_logits: golden.logits !== undefined,
    ...(golden.assistant !== undefined && { assistant_model: golden.assistant }),
  };
  const got = await write({ input_ids, attention_mask }, { ...golden.options, ...asked });
  expect(got.sequences).toEqual(sequences);
  let compared = sequences.flat().length;
  if (beam_indices !== undefined) {
    expect(got.beam_indices).toEqual(beam_indices);
    compared += beam_indices.flat().length;
  }
  if (sequences_scores !== undefined) compared += expectNear(got.sequences_scores ?? [], sequences_scores, 1e-4);
  for (const kind of ['scores', 'logits'] as const) {
    const name = golden[kind];
    if (name === undefined) continue;
    const want = tensors.get(name);
    if (want === undefined) throw new Error(`golden.safetensors has no ${name}`);
    const { abs_max, f32_max_abs_diff } = noise[name];
    compared += expectNear(flat(got[kind] ?? []), want, 30 * f32_max_abs_diff + 1e-6 * abs_max);
  }
  return compared;
}

function flat(steps: Float32Array[][]): number[] {
  return steps.flatMap((rows) => rows.flatMap((row) => Array.from(row)));
}

/** Every element equal (so that −∞ stays −∞) or within the bound. */
function expectNear(got: ArrayLike<number>, want: ArrayLike<number>, bound: number): number {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    if (got[i] !== want[i] && !(Math.abs(got[i] - want[i]) <= bound)) {
      throw new Error(`element ${i}: got ${got[i]}, want ${want[i]}, bound ${bound}`);
    }
  }
  return want.length;
}
