/** Where logits lie elsewhere, reading the best of them alone writes what reading all of them writes. */
import { afterAll, describe, expect, it } from 'vitest';
import { generate } from '../../src/generate/generate.ts';
import { resolveOptions } from '../../src/generate/options.ts';
import { type StreamStep, stream } from '../../src/generate/stream.ts';
import { gpuBackend } from '../../src/gpu.ts';
import { scrambled, type ToyModel, ToySession } from './toy-session.ts';

const backend = await gpuBackend({ mode: 'cpu' });
afterAll(() => backend.dispose());

const prompts = [
  [1, 2],
  [3, 4],
];
const common = { max_new_tokens: 12, eos_token_id: [0, 5], pad_token_id: 0 };
/** Tokens of equal score in pairs: the edge of a shortlist often falls between two of them. */
const paired: ToyModel = (row) => {
  const half = Array.from(scrambled(20, 3)(row));
  return half.concat(half);
};

async function written(model: ToyModel, asked: object, elsewhere: boolean) {
  const options = resolveOptions({ ...common, ...asked }, {}, {});
  const session = new ToySession(model, prompts, Number.POSITIVE_INFINITY, elsewhere ? backend : undefined);
  const before = (await backend.traffic()).read;
  const { sequences } = await generate(session, { ids: prompts.map((ids) => [...ids]) }, options);
  return { sequences, read: (await backend.traffic()).read - before, passes: session.passes };
}

describe('what is read of logits that lie elsewhere', () => {
  it.each([
    ['the best', {}, 2],
    ['the best that may end the row later', { min_new_tokens: 6 }, 2 * 3],
    ['the k best and one more, to draw', { do_sample: true, top_k: 4, seed: 7 }, 2 * 5],
    ['as many, cut further', { do_sample: true, top_k: 6, top_p: 0.7, temperature: 0.8, seed: 2 }, 2 * 7],
    ['all, for a penalty', { repetition_penalty: 1.3 }, 40],
    ['all, to draw from all', { do_sample: true, top_k: 0, seed: 3 }, 40],
    ['all, for beams', { num_beams: 2 }, 40],
  ])('%s: the same ids, and no more numbers than that', async (_name, asked, each) => {
    for (const salt of [1, 2, 3]) {
      const [here, there] = [
        await written(scrambled(40, salt), asked, false),
        await written(scrambled(40, salt), asked, true),
      ];
      expect(there.sequences).toEqual(here.sequences);
      const rows = [prompts.length, ...there.passes].reduce((sum, n) => sum + n, 0);
      expect(there.read).toBe(rows * each);
    }
  });

  it('a row that goes on with an equal score behind the shortlist is read as a whole', async () => {
    const asked = { do_sample: true, top_k: 3, seed: 5 };
    const [here, there] = [await written(paired, asked, false), await written(paired, asked, true)];
    expect(there.sequences).toEqual(here.sequences);
    expect(there.read).toBeGreaterThan(40);
  });

  it('a stream tells the same probabilities', async () => {
    const steps = async (elsewhere: boolean): Promise<StreamStep[]> => {
      const session = new ToySession(
        scrambled(40, 9),
        prompts,
        Number.POSITIVE_INFINITY,
        elsewhere ? backend : undefined,
      );
      const all: StreamStep[] = [];
      for await (const step of stream(session, { ids: prompts }, resolveOptions(common, {}, {}))) all.push(step);
      return all;
    };
    const [here, there] = [await steps(false), await steps(true)];
    expect(there.map(({ token }) => token)).toEqual(here.map(({ token }) => token));
    for (const [i, { logprob }] of there.entries()) expect(logprob).toBeCloseTo(here[i].logprob, 5);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('a logit that is %s has no next token', async (bad) => {
    const model: ToyModel = () => [1, bad, 2, 3];
    await expect(written(model, {}, true)).rejects.toMatchObject({ code: 'NUMERIC', op: 'generate' });
  });
});
