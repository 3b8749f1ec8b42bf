import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/generate/session.ts';
import { T5Session } from '../../src/generate/t5-session.ts';
import { slice } from '../../src/kernels/slice.ts';
import { type Observer, unobserved } from '../../src/models/run.ts';
import type { Baton } from '../../src/pretrained/baton.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { encodeSmall } from '../../src/pretrained/hybrid-response.ts';
import type { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { padRows } from '../../src/pretrained/padded.ts';
import { runs } from '../seed.ts';
import { bits, expectSameBits, rowOf } from './bits.ts';
import { type HybridJson, hybridConfig, idRows, inVocabulary, raggedRows, V, weightSeed } from './configs.ts';
import { tinyHybrid } from './tiny.ts';

describe('llm-to-slm', () => {
  it("a projector of zeros, added, is fusion 'none', bit for bit", () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, weightSeed, idRows(2, 6), async (json, seed, rows) => {
        const input_ids = inVocabulary(rows, V);
        const asked = { input_ids, labels: input_ids };
        const silent = await tinyHybrid({ ...json, fusion: 'add' }, { seed, zero: /projector\.2/ });
        const alone = await tinyHybrid({ ...json, fusion: 'none' }, { seed });
        const [a, b] = [await silent.forward(asked), await alone.forward(asked)];
        await expectSameBits(a.logits, b.logits);
        await expectSameBits(a.loss, b.loss);
        const options = { input_ids, max_new_tokens: 4, output_logits: true };
        expect((await silent.generate(options)).logits).toEqual((await alone.generate(options)).logits);
      }),
      runs(60),
    ));

  it('another projection of the same prompt changes the logits', () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, weightSeed, idRows(1, 6), async (json, seed, rows) => {
        const asked = { input_ids: inVocabulary(rows, V), labels: inVocabulary(rows, V) };
        const wide = { ...json, slm: widened(json.slm), fusion: 'add' as const };
        const loud = await tinyHybrid(wide, { seed });
        const silent = await tinyHybrid(wide, { seed, zero: /projector\.2/ });
        const [a, b] = [await loud.forward(asked), await silent.forward(asked)];
        expect(await bits(a.logits)).not.toEqual(await bits(b.logits));
      }),
      runs(30),
    ));

  it('the encoder and the projector run once per prompt, however much is written', () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, weightSeed, raggedRows(3, 5), async (json, seed, rows) => {
        const model = await tinyHybrid(json, { seed });
        const counter = new Counter();
        const prompt = padRows(inVocabulary(rows, V), 'left', 0);
        await model.generate({ ...prompt, max_new_tokens: 5, num_beams: 2, observer: counter });
        for (const name of ['encoder.final_norm', 'projector.out', 'fuse.sum'])
          expect(counter.counts.get(name)).toBe(1);
        expect(counter.counts.get('decoder.logits')).toBe(5);
      }),
      runs(20),
    ));

  it("after the prompt each step costs the small model's operations and no others", () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, weightSeed, idRows(2, 5), async (json, seed, rows) => {
        const model = await tinyHybrid(json, { seed });
        const input_ids = inVocabulary(rows, V);
        const baton = await model.encode({ input_ids });
        const { session } = await model.open({ input_ids });
        const alone = await smallAlone(model, baton);
        for (let step = 0; step < 3; step++) {
          const tokens = rows.map(() => step);
          const [got, want] = [costs(model, () => session.next(tokens)), costs(model, () => alone.next(tokens))];
          expect(got).toEqual(want);
          await expectSameBits(session.logits, alone.logits);
        }
      }),
      runs(30),
    ));

  it('a baton read once answers as the prompt itself, again and again', () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, weightSeed, raggedRows(3, 5), idRows(1, 4), async (json, seed, rows, [answer]) => {
        const model = await tinyHybrid(json, { seed });
        const prompt = padRows(inVocabulary(rows, V), 'left', 0);
        const labels = inVocabulary(
          rows.map(() => answer),
          V,
        );
        const baton = await model.encode(prompt);
        const want = await model.forward({ ...prompt, labels });
        for (let i = 0; i < 2; i++) await expectSameBits((await model.forward({ baton, labels })).logits, want.logits);
        const [a, b] = [
          await model.generate({ ...prompt, max_new_tokens: 3 }),
          await model.generate({ baton, max_new_tokens: 3 }),
        ];
        expect(b.sequences).toEqual(a.sequences);
      }),
      runs(30),
    ));

  it('a prompt left-padded in a batch is answered with the bits it has alone', () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, weightSeed, raggedRows(3, 6), idRows(1, 4), async (json, seed, rows, [answer]) => {
        const model = await tinyHybrid(json, { seed });
        const ragged = inVocabulary(rows, V);
        const [labels] = inVocabulary([answer], V);
        const batch = await model.forward({ ...padRows(ragged, 'left', 1), labels: ragged.map(() => labels) });
        for (const [b, row] of ragged.entries()) {
          const alone = await model.forward({ input_ids: [row], labels: [labels] });
          await expectSameBits(rowOf(batch.logits, b), alone.logits);
        }
      }),
      runs(60),
    ));

  it('what a session reads token by token has the bits of one pass over the response', () =>
    fc.assert(
      fc.asyncProperty(hybridConfig, weightSeed, raggedRows(3, 5), idRows(1, 4), async (json, seed, rows, [d]) => {
        const model = await tinyHybrid(json, { seed });
        const prompt = padRows(inVocabulary(rows, V), 'left', 0);
        const [response] = inVocabulary([d], V);
        const whole = await model.forward({ ...prompt, labels: rows.map(() => response) });
        const { session } = await model.open(prompt);
        for (const [t, id] of response.entries()) {
          const column = slice(whole.logits, 1, t, t + 1);
          expect(await bits(session.logits)).toEqual(await bits(column));
          session.next(rows.map(() => id));
        }
      }),
      runs(60),
    ));
});

/** Counts how often each value is offered. */
class Counter implements Observer {
  readonly counts = new Map<string, number>();

  tap(name: string): undefined {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

/** Wide enough that a norm leaves something to see: of one number it leaves none, of two a sign. */
function widened(slm: HybridJson['slm']): HybridJson['slm'] {
  return slm.model_type === 'gpt2' ? { ...slm, n_embd: 12, n_head: 3 } : { ...slm, d_model: 9 };
}

/** The small model behind a prompt of embeddings, with no bridge in sight. */
async function smallAlone({ slm }: LlmToSlm, baton: Baton): Promise<Session> {
  if (slm instanceof GPT2LMHeadModel) return (await slm.open({ inputs_embeds: baton.prompt })).session;
  const H = encodeSmall(unobserved, slm, baton);
  return new T5Session(unobserved, slm.weights, H, undefined, slm.config.decoderStartId);
}

/** Every op that runs meanwhile, with its FLOPs and bytes. */
function costs({ backend }: LlmToSlm, run: () => void): string[] {
  const seen: string[] = [];
  backend.meter = (op, flops, bytes) => seen.push(`${op} ${flops} ${bytes}`);
  run();
  backend.meter = undefined;
  return seen;
}
