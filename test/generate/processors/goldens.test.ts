import { describe, expect, it } from 'vitest';
import { UnsupportedOptionError } from '../../../src/errors.ts';
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
import { goldenFolder, goldenTensors, readGolden } from '../goldens.ts';

interface Case {
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

type Make = (args: Case['args'], row: number) => readonly LogitsProcessor[];
const eosOf = ({ eos_token_id = [] }: Case['args']): number[] => [eos_token_id].flat();

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

const folder = goldenFolder('processors') ?? '';
const golden = readGolden<{ cases: Case[]; input_ids: number[][] }>(folder);
const tensors = await goldenTensors(folder);

/** A tensor [rows V] as rows. */
function rowsOf(name: string, rows: number): Float32Array[] {
  const flat = tensors.get(name) ?? new Float32Array();
  const V = flat.length / rows;
  return Array.from({ length: rows }, (_, i) => flat.slice(i * V, (i + 1) * V));
}

describe('processors equal Hugging Face, bit for bit (goldens processors/)', () => {
  const missing = new Map<string, number>();
  for (const wanted of golden.cases) {
    it(wanted.name, (context) => {
      const make = kinds[wanted.kind];
      const skip = (kind: string): void => {
        missing.set(kind, (missing.get(kind) ?? 0) + 1);
        context.skip(`${kind} is not offered`);
      };
      if (make === undefined) return skip(wanted.kind);
      const ids = wanted.input_ids ?? golden.input_ids;
      const want = rowsOf(wanted.output, ids.length);
      try {
        rowsOf(wanted.scores, ids.length).forEach((scores, row) => {
          processAll(make(wanted.args, row), ids[row], scores);
          expect(new Uint32Array(scores.buffer)).toEqual(new Uint32Array(want[row].buffer));
        });
      } catch (error) {
        if (!(error instanceof UnsupportedOptionError)) throw error;
        skip(`chain with ${/"(\w+)"/.exec(error.message)?.[1]}`);
      }
    });
  }
});
