/** Medians, ratios and the page, from runs that a human can check. */
import { describe, expect, it } from 'vitest';
import { median } from '../../bench/measure.mjs';
import { counterpart, digits, page, ratio, summarise } from '../../bench/table.mjs';

const ours = { engine: 'batonlm', backend: 'wasm', dtype: 'f32', threads: 2 };
const alone = { ...ours, threads: 1 };
const peer = { engine: 'tjs', dtype: 'f32', threads: 2 };
const run = (row: object, figures: object, more: object = {}) => ({ model: 'gpt2', row, figures, ...more });

const runs = [
  run(ours, { decode_ms: 30, batch8_tok_s: 200 }, { answer: '1 2' }),
  run(peer, { decode_ms: 50, batch8_tok_s: 100 }, { answer: '1 2' }),
  run(ours, { decode_ms: 10, batch8_tok_s: 200 }),
  run(peer, { decode_ms: 40 }, { left_out: ['prefill_512_ms'] }),
  run(ours, { decode_ms: 20, batch8_tok_s: 200 }),
  run(peer, { decode_ms: 999 }),
  run(alone, { decode_ms: 33 }, { answer: '1 3' }),
];
const machine = {
  date: '2026-01-02T03:04:05Z',
  commit: 'abc',
  cpu: 'a CPU',
  cores: 2,
  memory_gb: 8,
  node: 'v24',
  load: 0,
};
const results = { machine, settings: { repetitions: 3, quick: false }, runs, absent: [] };

describe('median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10], // by size, not by spelling
  ])('of %j is %d', (values, middle) => {
    const copy = [...values];
    expect(median(values)).toBe(middle);
    expect(values).toEqual(copy);
  });
});

describe('summarise', () => {
  it('takes the median of each figure over the runs that have it', () => {
    const [first, second] = summarise(runs);
    expect(first.figures).toEqual({ decode_ms: 20, batch8_tok_s: 200 });
    expect(second.figures).toEqual({ decode_ms: 50, batch8_tok_s: 100 });
    expect(second.left_out).toEqual(['prefill_512_ms']);
  });
});

describe('ratio', () => {
  it('says how many times better ours is: times and sizes small, rates large', () => {
    expect(ratio('decode_ms', 20, 50)).toBe(2.5);
    expect(ratio('peak_mb', 20, 10)).toBe(0.5);
    expect(ratio('batch8_tok_s', 200, 100)).toBe(2);
  });
});

describe('counterpart', () => {
  const summaries = summarise(runs);

  it('is our row of the same dtype with as many threads', () => {
    expect(counterpart(peer, summaries)?.row).toEqual(ours);
    expect(counterpart({ ...peer, threads: 1 }, summaries)?.row).toEqual(alone);
  });

  it('is none where we have no such dtype or place', () => {
    expect(counterpart({ ...peer, dtype: 'int8' }, summaries)).toBeUndefined();
    expect(counterpart({ ...peer, place: 'chromium' }, summaries)).toBeUndefined();
  });
});

describe('page', () => {
  const absent = [{ row: { ...peer, dtype: 'int8' }, missing: 'not installed: node bench/setup.mjs tjs' }];
  const lines = page({ ...results, absent }).split('\n');

  it('has our rows first, and a ratio in front of every figure of a peer', () => {
    const table = lines.filter((line) => line.startsWith('|')).slice(2);
    expect(table).toEqual([
      '| batonlm wasm f32 2t | 20.0 | 200 |',
      '| batonlm wasm f32 1t | 33.0 |  |',
      '| tjs f32 2t | **2.50×** 50.0 | **2.00×** 100 |',
    ]);
  });

  it('says what was left out, who wrote something else, and what is not there', () => {
    expect(lines).toContain('- tjs f32 2t: prefill_512_ms left out, it would have taken too long');
    expect(lines).toContain('- the same ids in f32: tjs f32 2t');
    expect(lines).toContain('- **other ids** in f32: batonlm wasm f32 1t');
    expect(lines).toContain('- tjs int8 2t: not installed: node bench/setup.mjs tjs');
  });

  it('warns where the machine had other work to do, and only there', () => {
    const under = (load: number) =>
      page({ ...results, runs: runs.map((each, i) => ({ ...each, load: i === 2 ? load : 2 })) });
    expect(under(3)).not.toContain('busy');
    expect(under(5.5)).toContain('**The machine was busy** (load 2 to 5.5 on 2 cores)');
  });

  it('writes three digits that mean something', () => {
    expect([0.123456, 7.006, 99.96, 1234.5].map(digits)).toEqual(['0.123', '7.01', '100', '1235']);
  });
});
