import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumericError, OptionError } from '../../src/errors.ts';
import { type GenerateOutput, generate } from '../../src/generate/generate.ts';
import type { GenerateOptions } from '../../src/generate/option-table.ts';
import { resolveOptions } from '../../src/generate/options.ts';
import type { Hooks } from '../../src/generate/prepare.ts';
import { tensor } from '../../src/kernels/create.ts';
import { runs } from '../seed.ts';
import { bigram, scrambled, type ToyModel, ToySession } from './toy-session.ts';

/** Tokens of a toy language: 0 ends. After 1 comes mostly 2, after 2 mostly 3, after 3 the end. */
const chainModel = bigram([
  [1, 0, 0, 0],
  [0.1, 0.1, 0.7, 0.1],
  [0.1, 0.2, 0.1, 0.6],
  [0.9, 0.05, 0.03, 0.02],
]);

interface Toy {
  readonly model: ToyModel;
  readonly prompts: number[][];
  readonly context?: number;
}

async function write(
  { model, prompts, context }: Toy,
  options: GenerateOptions,
  hooks: Hooks = {},
): Promise<GenerateOutput & { session: ToySession }> {
  const session = new ToySession(model, prompts, context);
  try {
    return { ...(await generate(session, { ids: prompts }, resolveOptions(options), hooks)), session };
  } finally {
    expect(session.disposals).toBe(1);
    expect(session.backend.memory).toEqual({ blocks: 0, bytes: 0 });
  }
}

const promptBatch = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }))
  .chain(([rows, length]) =>
    fc.array(fc.array(fc.nat(5), { minLength: length, maxLength: length }), { minLength: rows, maxLength: rows }),
  );
const salt = fc.nat(10_000);

describe('generate, greedy', () => {
  it('takes the best token at every step until the row ends', async () => {
    const { sequences, finish_reasons, timings } = await write(
      { model: chainModel, prompts: [[1]] },
      { eos_token_id: 0 },
    );
    expect(sequences).toEqual([[1, 2, 3, 0]]);
    expect(finish_reasons).toEqual(['stop']);
    expect(timings.tokens).toBe(3);
  });

  it('fills rows that end early with the pad id, or with the first id that ends a row', async () => {
    const toy = { model: chainModel, prompts: [[1], [3], [2]] };
    const asked = { eos_token_id: [0, 5], max_new_tokens: 2 };
    const padded = await write(toy, { ...asked, pad_token_id: 2 });
    expect(padded.sequences).toEqual([
      [1, 2, 3],
      [3, 0, 2],
      [2, 3, 0],
    ]);
    expect(padded.finish_reasons).toEqual(['length', 'stop', 'stop']);
    expect((await write(toy, asked)).sequences[1]).toEqual([3, 0, 0]);
    const watched = await write(toy, { ...asked, max_new_tokens: 4, pad_token_id: 2, output_logits: true });
    expect(watched.session.histories).toEqual([
      [1, 2, 3],
      [3, 0, 2],
      [2, 3, 0],
    ]); // what the model read: nothing goes on behind an end
  });

  it('ends at any id of a list, and with null only at the length', async () => {
    const toy = { model: chainModel, prompts: [[1]] };
    expect((await write(toy, { eos_token_id: [9, 3] })).sequences).toEqual([[1, 2, 3]]);
    expect((await write(toy, { eos_token_id: null, max_new_tokens: 5 })).sequences).toEqual([[1, 2, 3, 0, 0, 0]]);
  });

  it('writes no end before the least length: the second best token stands there', async () => {
    const toy = { model: chainModel, prompts: [[3]] };
    expect((await write(toy, { eos_token_id: 0, min_new_tokens: 1 })).sequences[0].slice(0, 2)).toEqual([3, 1]);
    expect((await write(toy, { eos_token_id: 0, min_length: 2 })).sequences[0].slice(0, 2)).toEqual([3, 1]);
    expect((await write(toy, { eos_token_id: 0, min_length: 1 })).sequences).toEqual([[3, 0]]);
  });

  it('writes 20 tokens where nobody says how many, fewer where the model has no room, and reads no token it need not', async () => {
    const { sequences, session } = await write({ model: chainModel, prompts: [[1]] }, {});
    expect([sequences[0].length, session.passes.length]).toEqual([21, 19]);
    expect((await write({ model: chainModel, prompts: [[1]], context: 5 }, {})).sequences[0].length).toBe(5);
    expect(
      (await write({ model: chainModel, prompts: [[1]], context: 5 }, { max_new_tokens: 5 })).sequences[0].length,
    ).toBe(6);
  });

  it('rejects a length that does not fit before a token is written', async () => {
    const toy = { model: chainModel, prompts: [[1]], context: 5 };
    await expect(write(toy, { max_new_tokens: 6 })).rejects.toThrow('"max_new_tokens" asks for 6 new tokens');
    await expect(write(toy, { max_new_tokens: 6 })).rejects.toThrow(OptionError);
  });

  it('gives a row of a batch what it gives it alone, while ended rows leave', async () => {
    await fc.assert(
      fc.asyncProperty(salt, promptBatch, fc.boolean(), async (salt, prompts, do_sample) => {
        const model = scrambled(6, salt);
        const options = { eos_token_id: [0, 1], max_new_tokens: 8, do_sample, seed: 5 };
        const all = await write({ model, prompts }, options);
        const watched = await write({ model, prompts }, { ...options, output_logits: true });
        expect(watched.sequences).toEqual(all.sequences);
        expect(watched.session.passes.every((rows) => rows === prompts.length)).toBe(true);
        if (do_sample) return;
        for (const [row, prompt] of prompts.entries()) {
          const alone = await write({ model, prompts: [prompt] }, options);
          expect(all.sequences[row].slice(0, alone.sequences[0].length)).toEqual(alone.sequences[0]);
          expect(all.finish_reasons[row]).toBe(alone.finish_reasons[0]);
        }
      }),
      runs(60),
    );
  });

  it('gives scores and logits of every step where they are asked for', async () => {
    const toy = { model: chainModel, prompts: [[1], [3]] };
    const { scores = [], logits = [] } = await write(toy, {
      eos_token_id: 0,
      min_new_tokens: 1,
      output_scores: true,
      output_logits: true,
      max_new_tokens: 2,
    });
    expect([scores.length, scores[0].length, scores[0][0].length]).toEqual([2, 2, 4]);
    expect(logits[0][1]).toEqual(Float32Array.from([0.9, 0.05, 0.03, 0.02], Math.log));
    expect(scores[0][1]).toEqual(Float32Array.from([0, 0.05, 0.03, 0.02], Math.log));
    expect(await write(toy, {})).not.toHaveProperty('scores');
  });

  it('reads no logits where nobody looks at them, and writes the same as where somebody does', () =>
    fc.assert(
      fc.asyncProperty(promptBatch, salt, async (prompts, number) => {
        const toy = { model: scrambled(6, number), prompts };
        const read: number[] = [];
        const spied = new ToySession(toy.model, prompts);
        const whole = spied.backend.read.bind(spied.backend);
        spied.backend.read = async (storage, spec) => {
          const data = await whole(storage, spec);
          read.push(data.length);
          return data;
        };
        const options = { eos_token_id: 0, max_new_tokens: 4 };
        const { sequences } = await generate(spied, { ids: prompts }, resolveOptions(options));
        expect(Math.max(...read)).toBeLessThanOrEqual(prompts.length); // ids, and how good they are
        const looked = await write(toy, { ...options, output_scores: true });
        expect(looked.sequences).toEqual(sequences);
      }),
      runs(40),
    ));

  it('refuses rows that have no next token', async () => {
    const broken = (value: number): Toy => ({
      model: (row) => (row.length < 3 ? [0, 1] : [0, value]),
      prompts: [[0], [1]],
    });
    await expect(write(broken(Number.NaN), {})).rejects.toThrow('generate: the logit of token 1 in row 0 is NaN');
    await expect(write(broken(Number.POSITIVE_INFINITY), {})).rejects.toThrow(NumericError);
    const onlyEnd = { model: () => [1], prompts: [[0]] };
    await expect(write(onlyEnd, { eos_token_id: 0, min_new_tokens: 2 })).rejects.toThrow('every token is at −∞');
  });
});

describe('generate, sampling', () => {
  it('writes the same text for the same seed, and tells the seed it chose itself', async () => {
    await fc.assert(
      fc.asyncProperty(salt, promptBatch, async (salt, prompts) => {
        const toy = { model: scrambled(6, salt), prompts };
        const options = {
          do_sample: true,
          eos_token_id: 0,
          max_new_tokens: 6,
          temperature: 1.5,
          num_return_sequences: 2,
        };
        const first = await write(toy, options);
        const again = await write(toy, { ...options, seed: first.seed });
        expect(again.sequences).toEqual(first.sequences);
        expect(first.sequences.length).toBe(2 * prompts.length);
        first.sequences.forEach((row, i) => {
          expect(row.slice(0, prompts[0].length)).toEqual(prompts[Math.floor(i / 2)]);
        });
      }),
      runs(40),
    );
  });

  it('is greedy at a temperature near 0, with top_k 1 and with top_p 0', async () => {
    await fc.assert(
      fc.asyncProperty(salt, promptBatch, fc.nat(1000), async (salt, prompts, seed) => {
        const toy = { model: scrambled(6, salt), prompts };
        const options = { eos_token_id: 0, max_new_tokens: 6 };
        const { sequences } = await write(toy, options);
        for (const narrow of [{ temperature: 1e-6 }, { top_k: 1 }, { top_p: 0 }, { min_p: 1 }]) {
          expect((await write(toy, { ...options, do_sample: true, seed, ...narrow })).sequences).toEqual(sequences);
        }
      }),
      runs(30),
    );
  });

  it('draws the same with and without cuts that cut nothing', async () => {
    const toy = { model: scrambled(6, 1), prompts: [[1], [2]] };
    const options = { do_sample: true, seed: 3, max_new_tokens: 9, top_k: 0 };
    const { sequences } = await write(toy, options);
    for (const wide of [{ top_k: 6 }, { top_k: 60 }, { top_p: 1 }, { min_p: 0 }]) {
      expect((await write(toy, { ...options, ...wide })).sequences).toEqual(sequences);
    }
  });

  it('draws as often as the model says: χ² of 6,000 first tokens', async () => {
    const { sequences } = await write(
      { model: chainModel, prompts: [[1]] },
      { do_sample: true, seed: 1, num_return_sequences: 6000, max_new_tokens: 1 },
    );
    const counts = [0, 0, 0, 0];
    for (const [, token] of sequences) counts[token]++;
    const chi2 = [0.1, 0.1, 0.7, 0.1].reduce((sum, p, i) => sum + (counts[i] - 6000 * p) ** 2 / (6000 * p), 0);
    expect(chi2).toBeLessThan(16.3); // 3 degrees of freedom, once in a thousand
  });
});

describe('generate, around the loop', () => {
  it('offers sample.* to an observer, and takes the choice it puts in place', async () => {
    const seen = new Map<string, string>();
    const tap: NonNullable<Hooks['observer']>['tap'] = (name, value) => {
      seen.set(name, value.shape.join('×'));
      return name === 'sample.choice' ? tensor([3], { dtype: 'I32' }) : undefined;
    };
    const toy = { model: chainModel, prompts: [[1]] };
    const options = { do_sample: true, seed: 1, eos_token_id: 0, max_new_tokens: 4 };
    const forced = await write(toy, options, { observer: { tap } });
    expect(forced.sequences).toEqual([[1, 3, 3, 3, 3]]);
    expect(Object.fromEntries(seen)).toEqual({
      'sample.scaled': '1×4',
      'sample.kept': '1×4',
      'sample.probs': '1×4',
      'sample.coin': '1',
      'sample.choice': '1',
    });
    const watched = await write(toy, options, { observer: { tap: () => undefined } });
    expect(watched.sequences).toEqual((await write(toy, options)).sequences);
    const outside = { tap: (name: string) => (name === 'sample.choice' ? tensor([4], { dtype: 'I32' }) : undefined) };
    await expect(write(toy, options, { observer: outside })).rejects.toThrow(
      'tap "sample.choice" was given 4; ids are in [0, 4)',
    );
  });

  it('rejects with the reason of the signal: before it begins, and from a timer while it runs', async () => {
    const toy = { model: scrambled(4, 1), prompts: [[1]] };
    await expect(write(toy, {}, { signal: AbortSignal.abort('no need') })).rejects.toBe('no need');
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(write(toy, { max_new_tokens: 10_000_000 }, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('wants one row of one length for each row of the session', async () => {
    for (const ids of [[[1]], [[1], [1, 2]]]) {
      const session = new ToySession(chainModel, [[1], [2]]);
      await expect(generate(session, { ids }, resolveOptions())).rejects.toThrow(
        '"ids" of the prompt must be 2 rows of one length',
      );
      expect(session.disposals).toBe(1);
    }
  });
});
