import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch } from '../../src/generate/beam-search.ts';
import { type GenerateOutput, generate } from '../../src/generate/generate.ts';
import type { GenerateOptions } from '../../src/generate/option-table.ts';
import { resolveOptions } from '../../src/generate/options.ts';
import { prepare } from '../../src/generate/prepare.ts';
import { runs } from '../seed.ts';
import { bigram, scrambled, type ToyModel, ToySession } from './toy-session.ts';

async function write(
  model: ToyModel,
  prompts: number[][],
  options: GenerateOptions,
): Promise<GenerateOutput & { session: ToySession }> {
  const session = new ToySession(model, prompts);
  const output = await generate(session, { ids: prompts }, resolveOptions(options));
  expect([session.disposals, session.backend.memory.blocks]).toEqual([1, 0]);
  return { ...output, session };
}

const logSoftmax = (logits: ArrayLike<number>): number[] => {
  const list = Array.from(logits);
  const log = Math.log(list.reduce((sum, x) => sum + Math.exp(x), 0));
  return list.map((x) => x - log);
};

/** Every answer there is, with its score, the best first. */
function bruteForce(
  model: ToyModel,
  prompt: number[],
  eos: number | null,
  limit: number,
  penalty: number,
): { ids: number[]; score: number }[] {
  const found: { ids: number[]; score: number }[] = [];
  const extend = (ids: number[], sum: number): void => {
    logSoftmax(model([...prompt, ...ids])).forEach((p, id) => {
      const longer = [...ids, id];
      if (id === eos || longer.length === limit)
        found.push({ ids: longer, score: (sum + p) / longer.length ** penalty });
      else extend(longer, sum + p);
    });
  };
  extend([], 0);
  return found.sort((a, b) => b.score - a.score);
}

const model = fc.nat(10_000).map((salt) => scrambled(4, salt));
const search = fc.record({
  num_beams: fc.integer({ min: 2, max: 4 }),
  length_penalty: fc.constantFrom(-1, 0, 0.6, 1, 2),
  early_stopping: fc.constantFrom<boolean | 'never'>(true, false, 'never'),
  eos_token_id: fc.constantFrom<number | null | number[]>(null, 0, [0, 1]),
  max_new_tokens: fc.integer({ min: 1, max: 6 }),
});

describe('beam search', () => {
  it('finds what greedy misses: a worse first token with a better end', async () => {
    const garden = bigram([
      [1, 0, 0, 0],
      [0, 0.6, 0.4, 0], // greedy: 0.6 · 0.6 · …
      [0.9, 0, 0, 0.1], // better: 0.4 · 0.9 = 0.36, and it ends
      [1, 0, 0, 0],
    ]);
    const options = { eos_token_id: 0, max_new_tokens: 3, length_penalty: 0 };
    const beams = await write(garden, [[1]], { ...options, num_beams: 2 });
    expect(beams.sequences).toEqual([[1, 2, 0]]);
    expect(Math.exp(beams.sequences_scores?.[0] ?? 0)).toBeCloseTo(0.36, 6);
    expect(beams.beam_indices).toEqual([[0, 1]]);
    expect(beams.finish_reasons).toEqual(['stop']);
    expect((await write(garden, [[1]], { eos_token_id: 0, max_new_tokens: 3 })).sequences).toEqual([[1, 1, 1, 1]]);
  });

  it('finds the best of all answers, in order, when it is as wide as there are answers', async () => {
    const few = fc.nat(10_000).map((salt) => scrambled(3, salt));
    const ends = fc.constantFrom(0, null);
    await fc.assert(
      fc.asyncProperty(few, ends, fc.constantFrom(-1, 0, 0.6, 1, 2), async (model, eos_token_id, length_penalty) => {
        const wanted = bruteForce(model, [1], eos_token_id, 4, length_penalty).slice(0, 3);
        const options = { num_beams: 27, num_return_sequences: 3, max_new_tokens: 4, early_stopping: 'never' as const };
        const got = await write(model, [[1]], { ...options, eos_token_id, length_penalty });
        for (const [i, { ids, score }] of wanted.entries()) {
          expect(got.sequences_scores?.[i]).toBeCloseTo(score, 4);
          const apart = wanted.every((other) => other.ids === ids || Math.abs(other.score - score) > 1e-4);
          if (apart && i < 2) expect(got.sequences[i].slice(1, 1 + ids.length)).toEqual(ids);
        }
      }),
      runs(60),
    );
  });

  it("stops when better is unlikely, or with 'never' when it is impossible: a long certain answer needs the second", async () => {
    const patient = bigram([
      [1, 0, 0, 0],
      [0.45, 0.1, 0, 0.45], // two ends, and a way that goes on for certain
      [0, 0, 1, 0],
      [1, 0, 0, 0],
    ]);
    const model: ToyModel = (row) => (row.length === 1 ? patient(row) : bigram([[0, 1, 0, 0]])([0]));
    const options = { num_beams: 2, eos_token_id: [0, 3], max_new_tokens: 6, length_penalty: 2 };
    const hasty = await write(model, [[1]], { ...options, early_stopping: false });
    expect([hasty.sequences, hasty.sequences_scores?.[0]]).toEqual([[[1, 0]], Math.fround(Math.log(0.45))]);
    const patientOne = await write(model, [[1]], { ...options, early_stopping: 'never' });
    expect(patientOne.sequences).toEqual([[1, 1, 1, 1, 1, 1, 1]]);
    expect(patientOne.sequences_scores?.[0]).toBeCloseTo(Math.log(0.1) / 36, 6);
  });

  it('with one beam is greedy', async () => {
    await fc.assert(
      fc.asyncProperty(model, fc.nat(3), fc.constantFrom(null, 0, [0, 1]), async (model, first, eos_token_id) => {
        const options = resolveOptions({ eos_token_id, max_new_tokens: 6 });
        const session = new ToySession(model, [[first]]);
        const { searches } = await beamSearch(prepare(session, { ids: [[first]] }, options, {}, undefined).request);
        const greedy = await write(model, [[first]], { eos_token_id, max_new_tokens: 6 });
        expect(searches[0].kept[0].tokens).toEqual(greedy.sequences[0]);
        session.dispose();
      }),
      runs(60),
    );
  });

  it('gives a prompt of a batch what it gives it alone, bit for bit, whether settled prompts leave or stay', async () => {
    await fc.assert(
      fc.asyncProperty(
        model,
        fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
        search,
        async (model, firsts, asked) => {
          const options = { ...asked, num_return_sequences: 2 };
          const all = await write(
            model,
            firsts.map((id) => [id]),
            options,
          );
          const watched = await write(
            model,
            firsts.map((id) => [id]),
            { ...options, output_scores: true },
          );
          expect(watched.sequences).toEqual(all.sequences);
          expect(watched.scores?.every((rows) => rows.length === firsts.length * asked.num_beams)).toBe(true);
          for (const [row, first] of firsts.entries()) {
            const alone = await write(model, [[first]], options);
            expect(all.sequences_scores?.slice(2 * row, 2 * row + 2)).toEqual(alone.sequences_scores);
            const length = alone.sequences[0].length;
            expect(all.sequences.slice(2 * row, 2 * row + 2).map((ids) => ids.slice(0, length))).toEqual(
              alone.sequences,
            );
          }
        },
      ),
      runs(60),
    );
  });

  it('tells the beams truly: following beam_indices through the scores gives sequences_scores', async () => {
    await fc.assert(
      fc.asyncProperty(model, search, async (model, asked) => {
        const prompts = [[1], [2]];
        const options = { ...asked, num_return_sequences: asked.num_beams, output_scores: true };
        const {
          sequences,
          sequences_scores = [],
          beam_indices = [],
          scores = [],
        } = await write(model, prompts, options);
        for (const [row, beams] of beam_indices.entries()) {
          if (sequences_scores[row] < -1e8) continue; // fewer answers than beams
          const length = beams.filter((beam) => beam >= 0).length;
          let sum = 0;
          for (let step = 0; step < length; step++) sum += scores[step][beams[step]][sequences[row][1 + step]];
          expect(sum / length ** asked.length_penalty).toBeCloseTo(sequences_scores[row], 3);
        }
        const sorted = [0, 1].map((p) => sequences_scores.slice(p * asked.num_beams, (p + 1) * asked.num_beams));
        for (const list of sorted) expect(list.toSorted((a, b) => b - a)).toEqual(list);
      }),
      runs(60),
    );
  });

  it('moves caches only when beams change places', async () => {
    const straight = bigram([
      [0.6, 0.4, 0, 0],
      [0.4, 0.6, 0, 0],
      [0, 0, 0, 1],
      [0, 0, 1, 0],
    ]);
    const { session } = await write(straight, [[2]], { num_beams: 2, max_new_tokens: 6 });
    expect(session.moves).toEqual([[0, 0]]); // one row became two beams
  });

  it('never ends before the least length, and prefers longer answers with a higher length_penalty', async () => {
    await fc.assert(
      fc.asyncProperty(model, async (model) => {
        const options = { num_beams: 3, eos_token_id: 0, max_new_tokens: 6, early_stopping: 'never' as const };
        const { sequences } = await write(model, [[1]], { ...options, min_new_tokens: 4 });
        expect(sequences[0].slice(1, 5)).not.toContain(0);
        const lengthAt = async (length_penalty: number): Promise<number> => {
          const { beam_indices = [] } = await write(model, [[1]], { ...options, num_beams: 200, length_penalty });
          return beam_indices[0].length;
        };
        expect(await lengthAt(4)).toBeGreaterThanOrEqual(await lengthAt(-4));
      }),
      runs(15),
    );
  });

  it('draws its candidates with do_sample: the same seed gives the same beams', async () => {
    await fc.assert(
      fc.asyncProperty(model, fc.nat(1000), async (model, seed) => {
        const options = {
          num_beams: 3,
          do_sample: true,
          seed,
          temperature: 1.3,
          eos_token_id: 0,
          max_new_tokens: 5,
          num_return_sequences: 3,
        };
        const first = await write(model, [[1], [2]], options);
        expect(await write(model, [[1], [2]], options)).toMatchObject({ sequences: first.sequences, seed });
        expect(new Set(first.sequences.slice(0, 3).map(String)).size).toBe(3);
      }),
      runs(20),
    );
  });
});
