/** The trained family: every system writes what Hugging Face wrote, all prompts in one padded batch. Run in Node and in a page. */
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

const classes = {
  llm: T5ForConditionalGeneration,
  slm: LlmToSlm,
  hybrid: LlmToSlm,
  'slm-t5': T5ForConditionalGeneration,
  'hybrid-t5': LlmToSlm,
} as const;

export type System = keyof typeof classes;
export type Search = 'greedy' | 'beam4';

export const systems: readonly System[] = ['llm', 'slm', 'hybrid', 'slm-t5', 'hybrid-t5'];
export const searches: readonly Search[] = ['greedy', 'beam4'];

type Item = { readonly prompt_ids: number[] } & { readonly [S in System]: Readonly<Record<Search, Written>> };

export interface Expected {
  readonly generation: { readonly max_new_tokens: number; readonly num_beams: number };
  readonly items: Item[];
}

/** Compares what stands in `folder`, where the models are too: all sentences, of the systems and searches that `only` takes. */
export function enDe(
  folder: string,
  { items, generation }: Expected,
  only: (system: System, search: Search) => boolean = () => true,
): void {
  const passes = goldenTensors(folder, 'expected.safetensors');
  const tallies = new Map<string, Tally>();
  const asked = systems.filter((system) => searches.some((search) => only(system, search)));
  describe.each(asked)('%s', (system) => {
    const tally = new Tally();
    tallies.set(`en-de/${system}`, tally);
    let model: Promise<LlmToSlm | T5ForConditionalGeneration> | undefined;
    const loaded = () => (model ??= classes[system].from_pretrained(`${folder}/${system}`, placed));
    const start = system === 'slm' || system === 'hybrid' ? 0 : 1; // a decoder's first token is not written
    afterAll(async () => (await model)?.dispose());

    it.each(searches.filter((search) => only(system, search)))(
      '%s: ids, texts and scores of every sentence',
      async (search) => {
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
      },
    );

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
}

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
