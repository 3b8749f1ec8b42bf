/** Which processes a run starts, and how long it says that they take. */
import { describe, expect, it } from 'vitest';
import { curvesOf } from '../../bench/curves.mjs';
import { neededBy } from '../../bench/measured.mjs';
import { keyOf, planOf, secondsOf, spoken } from '../../bench/plan.mjs';
import { versus } from '../../bench/target-kinds.mjs';

const ours = [
  { engine: 'batonlm', backend: 'wasm', dtype: 'f32', threads: 1 },
  { engine: 'batonlm', backend: 'wasm', dtype: 'f32', threads: 2 },
  { engine: 'batonlm', backend: 'reference', dtype: 'f32', threads: 1 },
];
const peers = ['tjs', 'hf'].map((engine) => ({ engine, dtype: 'f32', threads: 2 }));
const plan = (asked: object) => planOf({ models: [], families: [], ours, peers, needed: undefined, ...asked });
const keys = (asked: object) => plan(asked).map(keyOf);

describe('planOf', () => {
  it('has every row of every model, peers where a peer can run it', () => {
    expect(keys({ models: ['gpt2', 'en-de/llm'] })).toEqual([
      ...['wasm f32 1t', 'wasm f32 2t', 'reference f32 1t'].map((name) => `gpt2 batonlm ${name}`),
      'gpt2 tjs f32 2t',
      'gpt2 hf f32 2t',
      ...['wasm f32 1t', 'wasm f32 2t', 'reference f32 1t'].map((name) => `en-de/llm batonlm ${name}`),
    ]);
  });

  it('has the rows and figures that targets look up, where it is told of targets', () => {
    const needed = neededBy([versus('gpt2', 'decode_ms', 'batonlm wasm f32 2t', 'tjs f32 2t', 1)]);
    expect(keys({ models: ['gpt2', 't5-small'], needed })).toEqual(['gpt2 batonlm wasm f32 2t', 'gpt2 tjs f32 2t']);
    expect(plan({ models: ['gpt2'], needed })[0].asked).toMatchObject({ kind: 'gpt2', only: ['decode_ms'] });
  });

  it('times the tokens of a family once for each model: our fastest row, and a peer as the large model', () => {
    expect(keys({ families: ['t5-large+gpt2', 't5-large+t5-small'] })).toEqual([
      't5-large batonlm wasm f32 2t curve',
      't5-large hf f32 2t curve',
      'gpt2 batonlm wasm f32 2t curve',
      't5-large+gpt2 batonlm wasm f32 2t curve',
      't5-small batonlm wasm f32 2t curve',
      't5-large+t5-small batonlm wasm f32 2t curve',
    ]);
  });
});

describe('curvesOf', () => {
  const tokens = { prompt: 64, written: 64 };
  const timed = (model: string, ms: number[], more = {}) => ({ model, row: ours[1], tokens, ms, ...more });

  it('takes the median token by token, for every family that has the model', () => {
    const curves = curvesOf([timed('t5-large', [1, 9]), timed('t5-large', [3, 7]), timed('t5-large', [2, 8])]);
    expect(curves).toEqual(
      ['t5-large+gpt2', 't5-large+t5-small'].map((family) => ({
        family,
        row: 'batonlm wasm f32 2t',
        writer: 'LLM alone',
        model: 't5-large',
        ms: [2, 8],
      })),
    );
  });

  it('passes over what failed, and over other lengths', () => {
    const failed = { ...timed('t5-large', []), ms: undefined };
    const shorter = timed('t5-large', [1], { tokens: { prompt: 8, written: 1 } });
    expect(curvesOf([failed, shorter])).toEqual([]);
  });
});

describe('secondsOf', () => {
  const [job] = plan({ models: ['gpt2'] });

  it('is the median of what the job took before', () => {
    const took = (took_s: number, row = job.row) => ({ model: 'gpt2', row, took_s });
    expect(secondsOf(job, [took(9), took(5), took(7), took(99, ours[1])])).toBe(7);
  });

  it('is what is usual for the model where nothing is known, of a hybrid for its large one', () => {
    const [large, hybrid] = ['t5-large', 't5-large+gpt2'].map((model) => secondsOf({ ...job, model }, []));
    expect(hybrid).toBe(large);
    expect(large).toBeGreaterThan(0);
  });
});

describe('spoken', () => {
  it.each([
    [0, '0 min'],
    [61, '2 min'],
    [3599, '1 h 0 min'],
    [3900, '1 h 5 min'],
  ])('%d seconds are %s', (seconds, words) => expect(spoken(seconds)).toBe(words));
});
