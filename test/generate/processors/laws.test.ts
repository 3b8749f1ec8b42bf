import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largest } from '../../../src/generate/largest.ts';
import { offered } from '../../../src/generate/option-table.ts';
import { resolveOptions } from '../../../src/generate/options.ts';
import { chainFor } from '../../../src/generate/processors/chain.ts';
import { minLength } from '../../../src/generate/processors/min-length.ts';
import { minNewTokens } from '../../../src/generate/processors/min-new-tokens.ts';
import { minP } from '../../../src/generate/processors/min-p.ts';
import type { LogitsProcessor } from '../../../src/generate/processors/processor.ts';
import { repetitionPenalty } from '../../../src/generate/processors/repetition-penalty.ts';
import { temperature } from '../../../src/generate/processors/temperature.ts';
import { topK } from '../../../src/generate/processors/top-k.ts';
import { topP } from '../../../src/generate/processors/top-p.ts';
import { best } from '../../../src/generate/sample.ts';
import { runs } from '../../seed.ts';

const logs = (...probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log);
const applied = (processor: LogitsProcessor, scores: Float32Array, tokens: number[] = []): Float32Array => {
  const copy = scores.slice();
  processor.process(tokens, copy);
  return copy;
};
const keptOf = (scores: Float32Array): number[] => [...scores.keys()].filter((i) => scores[i] > -Infinity);

const score = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.float({ min: -30, max: 30, noNaN: true }));
const scores = fc.array(score, { minLength: 1, maxLength: 30 }).map((list) => Float32Array.from(list));
const cut = fc.oneof(
  fc.integer({ min: 1, max: 40 }).map((k) => topK(k)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((p) => topP(p)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((p) => minP(p)),
);

describe('cuts', () => {
  it('top_k keeps the k best and what equals the last; top_p the set that reaches p; min_p a share of the best', () => {
    expect(keptOf(applied(topK(2), logs(0.4, 0.1, 0.3, 0.2)))).toEqual([0, 2]);
    expect(keptOf(applied(topK(2), logs(0.4, 0.3, 0.3)))).toEqual([0, 1, 2]);
    expect(keptOf(applied(topP(0.6), logs(0.4, 0.1, 0.3, 0.2)))).toEqual([0, 2]); // 0.4 + 0.3 crosses 0.6
    expect(keptOf(applied(topP(0.75), logs(0.4, 0.1, 0.3, 0.2)))).toEqual([0, 2, 3]);
    expect(keptOf(applied(minP(0.6), logs(0.4, 0.1, 0.3, 0.2)))).toEqual([0, 2]); // 0.6 · 0.4 = 0.24
  });

  it('leave the scores that stay as they were, and keep a set that is the beginning of the sorted list', () => {
    fc.assert(
      fc.property(cut, scores, (processor, row) => {
        const got = applied(processor, row);
        const kept = keptOf(got);
        expect(kept.length).toBeGreaterThan(0);
        for (const i of kept) expect(got[i]).toBe(row[i]);
        const best = [...largest(row, kept.length)].map((i) => row[i]);
        expect(kept.map((i) => row[i]).sort((a, b) => b - a)).toEqual(best);
      }),
      runs(400),
    );
  });

  it('always keep as many as they must', () => {
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 5 }), (row, atLeast) => {
        for (const processor of [topK(1, atLeast), topP(0, atLeast), minP(1, atLeast)]) {
          expect(keptOf(applied(processor, row)).length).toBeGreaterThanOrEqual(Math.min(atLeast, row.length));
        }
      }),
      runs(100),
    );
  });

  it('change nothing at k = V and above, and at min_p = 0', () => {
    fc.assert(
      fc.property(scores, fc.nat(5), (row, more) => {
        for (const processor of [topK(row.length + more), minP(0)]) expect(applied(processor, row)).toEqual(row);
      }),
      runs(100),
    );
  });

  it('applied twice change nothing more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), scores, (k, row) => {
        for (const processor of [topK(k), minP(k / 40)]) {
          const once = applied(processor, row);
          expect(applied(processor, once)).toEqual(once);
        }
      }),
      runs(100),
    );
  });
});

describe('penalties and temperature', () => {
  it('repetition_penalty lowers what stands there, by division above 0 and by multiplication below', () => {
    expect([...applied(repetitionPenalty(2), Float32Array.of(4, -4, 1, 0), [0, 1, 0])]).toEqual([2, -8, 1, 0]);
    expect([...applied(repetitionPenalty(2, 1), Float32Array.of(4, -4, 1, 0), [0, 1])]).toEqual([4, -8, 1, 0]);
  });

  it('repetition_penalty p, then 1/p gives the scores back for powers of two', () => {
    const row = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(row, fc.array(fc.nat(8)), fc.integer({ min: -4, max: 4 }), (list, tokens, e) => {
        const scores = Float32Array.from(list);
        const there = applied(repetitionPenalty(2 ** e), scores, tokens);
        expect(applied(repetitionPenalty(2 ** -e), there, tokens)).toEqual(scores);
      }),
      runs(100),
    );
  });

  it('temperature keeps the order, and near 0 leaves the best token alone', () => {
    fc.assert(
      fc.property(scores, (row) => {
        const cold = applied(minP(1e-30), applied(temperature(1e-6), row));
        expect(row[best(cold)]).toBe(row[best(row)]);
        for (const i of keptOf(cold)) expect(row[best(row)] - row[i]).toBeLessThan(1e-3);
      }),
      runs(100),
    );
  });

  it('lengths forbid the end until they are reached', () => {
    const row = Float32Array.of(1, 2, 3);
    expect([...applied(minLength(3, [0, 2, 9]), row, [5, 5])]).toEqual([-Infinity, 2, -Infinity]);
    expect(applied(minLength(3, [0]), row, [5, 5, 5])).toEqual(row);
    expect([...applied(minNewTokens(2, 3, [1]), row, [5, 5, 5, 5])]).toEqual([1, -Infinity, 3]);
    expect(applied(minNewTokens(2, 3, [1]), row, [5, 5, 5, 5, 5])).toEqual(row);
  });
});

describe('chainFor', () => {
  const namesOf = (options: Record<string, unknown>, prompt = { ids: [[1, 2]] }): string[][] => {
    const { scale, cut } = chainFor(resolveOptions(options), prompt, 0);
    return [scale, cut].map((list) => list.map(({ name }) => name));
  };

  it('follows the order of Hugging Face', () => {
    const all = { repetition_penalty: 1.2, min_length: 9, do_sample: true, temperature: 0.5, top_p: 0.9, min_p: 0.1 };
    expect(namesOf({ ...all, eos_token_id: 3 })).toEqual([
      ['repetition_penalty', 'min_length', 'temperature'],
      ['top_k', 'top_p', 'min_p'],
    ]);
  });

  it('holds nothing for neutral values: top_k 0 and top_p 1 do not even run', () => {
    expect(namesOf({})).toEqual([[], []]);
    expect(namesOf({ do_sample: true, top_k: 0, top_p: 1, min_p: 0, temperature: 1 })).toEqual([[], []]);
    expect(namesOf({ min_new_tokens: 3 })).toEqual([[], []]); // nothing ends a row
  });

  it('gives every processor the name of its option', () => {
    const names = namesOf({
      repetition_penalty: 2,
      min_new_tokens: 3,
      eos_token_id: 1,
      do_sample: true,
      top_p: 0.5,
      min_p: 0.5,
    });
    for (const name of names.flat()) expect(Object.keys(offered)).toContain(name);
  });

  it('counts embedded columns in min_length, and skips the padding of its own row', () => {
    const prompt = { ids: [[], []], embedded: 5 };
    const [rule] = chainFor(resolveOptions({ min_length: 7, eos_token_id: 0 }), prompt, 0).scale;
    expect([...applied(rule, Float32Array.of(1, 1), [1])]).toEqual([-Infinity, 1]);
    expect([...applied(rule, Float32Array.of(1, 1), [1, 1])]).toEqual([1, 1]);
    const padded = {
      ids: [
        [0, 1],
        [0, 1],
      ],
      attention_mask: [
        [0, 1],
        [1, 1],
      ],
    };
    const row = Float32Array.of(4, 4);
    const penalty = resolveOptions({ repetition_penalty: 2 });
    expect([...applied(chainFor(penalty, padded, 0).scale[0], row, [0, 1])]).toEqual([4, 2]);
    expect([...applied(chainFor(penalty, padded, 1).scale[0], row, [0, 1])]).toEqual([2, 2]);
  });
});
