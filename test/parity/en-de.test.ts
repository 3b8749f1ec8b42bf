/** The trained family: every system writes what Hugging Face wrote, all prompts in one padded batch. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { padRows } from '../../src/pretrained/padded.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { goldenTensors } from '../generate/goldens.ts';
import { placed } from '../placed.ts';
import { compareTensor, Tally, table } from './compare.ts';

interface Written {
  /** Closed by the end token, unless the length ran out. */
  readonly ids: number[];
  readonly text: string;
  /** Of beams: sum of log-probabilities by number of tokens, to six places. */
  readonly score?: number;
}

const systems = ['llm', 'slm', 'hybrid', 'slm-t5', 'hybrid-t5'] as const;

type Item = { readonly prompt_ids: number[] } & {
  readonly [S in (typeof systems)[number]]: { readonly greedy: Written; readonly beam4: Written };
};

interface Expected {
  readonly generation: { readonly max_new_tokens: number; readonly num_beams: number };
  readonly items: Item[];
}

const root = process.env.BATON_MODELS ?? '../shared/models';
const folder = join(root, 'en-de');
const present = existsSync(join(folder, 'expected.json'));
const { items, generation }: Expected = present
  ? JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))
  : { items: [], generation: {} };
const passes = goldenTensors(folder, 'expected.safetensors');
const tallies = new Map<string, Tally>();

describe.skipIf(!present)(`en-de, ${present ? 'trained models' : 'skipped: no such folder'} in ${root}`, () => {
  describe.each(systems)('%s', (system) => {
    const tally = new Tally();
    tallies.set(`en-de/${system}`, tally);
    const bridged = existsSync(join(folder, system, 'hybrid.json'));
    let model: Promise<LlmToSlm | T5ForConditionalGeneration> | undefined;
    const loaded = () =>
      (model ??= (bridged ? LlmToSlm : T5ForConditionalGeneration).from_pretrained(join(folder, system), placed));
    const start = system === 'slm' || system === 'hybrid' ? 0 : 1; // a decoder's first token is not written

    it.each(['greedy', 'beam4'] as const)('%s: ids, texts and scores of every sentence', async (search) => {
      const prompts = padRows(
        items.map(({ prompt_ids }) => prompt_ids),
        'left',
        0,
      );
      const { max_new_tokens, num_beams } = generation;
      const options = { max_new_tokens, num_beams: search === 'greedy' ? 1 : num_beams };
      const { sequences, texts, sequences_scores } = await (await loaded()).generate({ ...prompts, ...options });
      for (const [row, item] of items.entries()) {
        const { ids, text, score } = item[system][search];
        expect(sequences[row].slice(start, start + ids.length)).toEqual(ids);
        if (texts !== undefined) expect(texts[row]).toBe(text);
        if (score !== undefined) expect(Math.abs((sequences_scores?.[row] ?? NaN) - score)).toBeLessThan(2e-6);
        tally.cases++;
        tally.comparisons += ids.length + 1;
      }
    });

    it('hidden states, prompts and logits of the first sentences', async () => {
      const model = await loaded();
      for (const [i, item] of items.slice(0, 3).entries()) {
        const got = await onePass(system, model, item.prompt_ids, item[system].greedy.ids);
        for (const [name, tensor] of Object.entries(got)) {
          const want = (await passes).get(`${i}.${system}.${name}`);
          if (want === undefined) throw new Error(`expected.safetensors has no ${i}.${system}.${name}`);
          const spread = want.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          await compareTensor(tally, tensor, want, { shape: tensor.shape, bound: 1e-5 * spread });
        }
      }
    });
  });
  afterAll(() => console.info(table(tallies)));
});

/** One pass over prompt and answer: the logits, and what the golden has of the prompt. */
async function onePass(
  system: string,
  model: LlmToSlm | T5ForConditionalGeneration,
  prompt: number[],
  answer: number[],
): Promise<Record<string, Tensor>> {
  const asked = { input_ids: [prompt], labels: [answer] };
  if (model instanceof LlmToSlm) {
    const { logits } = await model.forward(asked);
    return { logits, prompt: (await model.encode({ input_ids: [prompt] })).prompt };
  }
  const got = await model.forward({ ...asked, output_hidden_states: true });
  const [embedded] = got.encoder_hidden_states ?? [];
  return {
    logits: got.logits,
    ...(system === 'llm' ? { encoder: got.encoder_last_hidden_state } : { prompt: embedded }),
  };
}
