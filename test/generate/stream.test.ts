import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generate } from '../../src/generate/generate.ts';
import type { GenerateOptions } from '../../src/generate/option-table.ts';
import { resolveOptions } from '../../src/generate/options.ts';
import { type StreamHooks, type StreamStep, stream } from '../../src/generate/stream.ts';
import { byteStreamDecoder } from '../../src/tokenizer/stream-decoder.ts';
import { runs } from '../seed.ts';
import { bigram, scrambled, ToySession } from './toy-session.ts';

async function collect(
  session: ToySession,
  prompts: number[][],
  options: GenerateOptions,
  hooks: StreamHooks = {},
): Promise<StreamStep[]> {
  const steps: StreamStep[] = [];
  for await (const step of stream(session, { ids: prompts }, resolveOptions(options), hooks)) steps.push(step);
  return steps;
}

const halves = bigram([
  [0.25, 0.75],
  [0.5, 0.5],
]);

describe('stream', () => {
  it('gives token, text and log-probability as they come, and says why a row ended', async () => {
    const session = new ToySession(halves, [[0], [1]]);
    const steps = await collect(session, [[0], [1]], { eos_token_id: 0, max_new_tokens: 2 });
    expect(steps.map(({ logprob, ...step }) => ({ ...step, p: Math.round(100 * Math.exp(logprob)) }))).toEqual([
      { row: 0, index: 0, token: 1, text: '', p: 75 },
      { row: 1, index: 0, token: 0, text: '', p: 50, finish_reason: 'stop' },
      { row: 0, index: 1, token: 0, text: '', p: 50, finish_reason: 'stop' },
    ]);
    expect(session.disposals).toBe(1);
  });

  it('tells the probability that the model gave, whatever was done to the scores', async () => {
    const options = fc.record({
      do_sample: fc.boolean(),
      seed: fc.nat(9),
      repetition_penalty: fc.constantFrom(1, 1.5),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), options, async (salt, some) => {
        const [model, prompts, asked] = [
          scrambled(6, salt),
          [[1, 2]],
          { ...some, eos_token_id: null, max_new_tokens: 5 },
        ];
        const whole = resolveOptions({ ...asked, output_logits: true });
        const { logits = [] } = await generate(new ToySession(model, prompts), { ids: prompts }, whole);
        const steps = await collect(new ToySession(model, prompts), prompts, asked);
        for (const [i, { token, logprob }] of steps.entries()) {
          const total = logits[i][0].reduce((sum, logit) => sum + Math.exp(logit), 0);
          expect(logprob).toBeCloseTo(logits[i][0][token] - Math.log(total), 5);
        }
      }),
      runs(30),
    );
  });

  it('writes what generate writes, whatever the options', async () => {
    const batch = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { minLength: 1, maxLength: 3 });
    const options = fc.record({
      do_sample: fc.boolean(),
      seed: fc.nat(100),
      eos_token_id: fc.constantFrom(null, 0, [1, 2]),
      repetition_penalty: fc.constantFrom(1, 1.5),
      max_new_tokens: fc.integer({ min: 1, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), batch, options, async (salt, prompts, asked) => {
        const model = scrambled(6, salt);
        const whole = await generate(new ToySession(model, prompts), { ids: prompts }, resolveOptions(asked));
        const rows = prompts.map((ids) => [...ids]);
        const reasons: unknown[] = [];
        for (const { row, token, index, finish_reason } of await collect(
          new ToySession(model, prompts),
          prompts,
          asked,
        )) {
          expect(rows[row].length).toBe(2 + index);
          rows[row].push(token);
          if (finish_reason !== undefined) reasons[row] = finish_reason;
        }
        rows.forEach((row, i) => {
          expect(whole.sequences[i].slice(0, row.length)).toEqual(row);
        });
        expect(reasons).toEqual(whole.finish_reasons);
      }),
      runs(60),
    );
  });

  it('never splits a character: what is certain comes with its last token, the rest with the end', async () => {
    const bytes = [0xe2, 0x82, 0xac, 0xe2]; // € and the beginning of another
    const tokenizer = { stream: () => byteStreamDecoder((id: number) => Uint8Array.of(bytes[id])) };
    const model = (row: readonly number[]): number[] => [0, 1, 2, 3].map((id) => (id === row.length % 4 ? 9 : 0));
    const steps = await collect(new ToySession(model, [[]]), [[]], { max_new_tokens: 4 }, { tokenizer });
    expect(steps.map(({ text }) => text)).toEqual(['', '', '€', '\uFFFD']);
  });

  it('stops work and frees the session when the loop is left', async () => {
    const session = new ToySession(scrambled(4, 2), [[1]]);
    for await (const { index } of stream(session, { ids: [[1]] }, resolveOptions({ max_new_tokens: 1000 })))
      if (index === 2) break;
    expect([session.disposals, session.passes.length]).toEqual([1, 2]);
    expect(session.backend.memory.blocks).toBe(0);
  });

  it('rejects beams and ends at the signal, and frees the session both times', async () => {
    const beams = new ToySession(halves, [[1]]);
    await expect(collect(beams, [[1]], { num_beams: 2 })).rejects.toThrow(
      'stream: "num_beams" must be 1 to stream, got 2',
    );
    const controller = new AbortController();
    const aborted = new ToySession(halves, [[1]]);
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { index } of stream(aborted, { ids: [[1]] }, resolveOptions({ max_new_tokens: 99 }), {
        signal: controller.signal,
      })) {
        seen.push(index);
        if (index === 1) controller.abort('stop');
      }
    };
    await expect(run()).rejects.toBe('stop');
    expect([seen, beams.disposals, aborted.disposals]).toEqual([[0, 1], 1, 1]);
  });
});
