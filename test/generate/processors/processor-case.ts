/** One case of the processor goldens: the scores of every row, bit for bit. */
import { expect } from 'vitest';
import { UnsupportedOptionError } from '../../../src/errors.ts';
import { notOffered } from '../../../src/generate/option-table.ts';
import { resolveOptions } from '../../../src/generate/options.ts';
import { chainFor } from '../../../src/generate/processors/chain.ts';
import { minLength } from '../../../src/generate/processors/min-length.ts';
import { minNewTokens } from '../../../src/generate/processors/min-new-tokens.ts';
import { minP } from '../../../src/generate/processors/min-p.ts';
import { type LogitsProcessor, processAll } from '../../../src/generate/processors/processor.ts';
import { repetitionPenalty } from '../../../src/generate/processors/repetition-penalty.ts';
import { temperature } from '../../../src/generate/processors/temperature.ts';
import { topK } from '../../../src/generate/processors/top-k.ts';
import { topP } from '../../../src/generate/processors/top-p.ts';

export interface ProcessorCase {
  readonly name: string;
  readonly kind: string;
  readonly args: Readonly<Record<string, number>> & {
    readonly eos_token_id?: number | number[];
    readonly prompt_ignore_length?: number | number[];
  };
  readonly scores: string;
  readonly input_ids: number[][] | null;
  readonly output: string;
}

type Make = (args: ProcessorCase['args'], row: number) => readonly LogitsProcessor[];
const eosOf = ({ eos_token_id = [] }: ProcessorCase['args']): number[] => [eos_token_id].flat();

const kinds: Readonly<Record<string, Make>> = {
  temperature: (a) => [temperature(a.temperature)],
  top_k: (a) => [topK(a.top_k, a.min_tokens_to_keep)],
  top_p: (a) => [topP(a.top_p, a.min_tokens_to_keep)],
  min_p: (a) => [minP(a.min_p, a.min_tokens_to_keep)],
  repetition_penalty: (a, row) => [
    repetitionPenalty(
      a.penalty,
      [a.prompt_ignore_length ?? 0].flat().at(row) ?? [a.prompt_ignore_length ?? 0].flat()[0],
    ),
  ],
  min_length: (a) => [minLength(a.min_length, eosOf(a))],
  min_new_tokens: (a) => [minNewTokens(a.min_new_tokens, a.prompt_length, eosOf(a))],
  chain: ({ prompt_length, order: _order, ...options }) => {
    const { scale, cut } = chainFor(resolveOptions(options), { ids: [new Array(prompt_length).fill(0)] }, 0);
    return [...scale, ...cut];
  },
};

export interface ProcessorGolden {
  readonly cases: readonly ProcessorCase[];
  /** For the cases that have none of their own. */
  readonly input_ids: number[][];
}

/** Runs one case and gives the number of scores compared. UnsupportedOptionError for a processor that is not offered. */
export function runProcessorCase(
  { kind, args, output, scores: input, input_ids }: ProcessorCase,
  golden: ProcessorGolden,
  tensors: ReadonlyMap<string, Float32Array>,
): number {
  if (kind in notOffered) throw new UnsupportedOptionError(`"${kind}" is not offered by this version`);
  const make = kinds[kind];
  if (make === undefined) throw new Error(`unknown kind of processor "${kind}"`);
  const ids = input_ids ?? golden.input_ids;
  const want = rowsOf(tensors, output, ids.length);
  rowsOf(tensors, input, ids.length).forEach((scores, row) => {
    processAll(make(args, row), ids[row], scores);
    expect(new Uint32Array(scores.buffer)).toEqual(new Uint32Array(want[row].buffer));
  });
  return want.length * want[0].length;
}

/** A tensor [rows V] as rows. */
function rowsOf(tensors: ReadonlyMap<string, Float32Array>, name: string, rows: number): Float32Array[] {
  const flat = tensors.get(name) ?? new Float32Array();
  const V = flat.length / rows;
  return Array.from({ length: rows }, (_, i) => flat.slice(i * V, (i + 1) * V));
}
