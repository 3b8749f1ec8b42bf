/** A run that was cut off is gone on with, or it is not. */
import { describe, expect, it } from 'vitest';
import { resumed, turnsLeft } from '../../bench/resume.mjs';

const [first, second] = ['tjs', 'hf'].map((engine) => ({ model: 'gpt2', row: { engine, dtype: 'f32', threads: 2 } }));
const curve = { ...first, tokens: { prompt: 64, written: 64 } };
const fresh = { machine: { commit: 'abc' }, settings: { repetitions: 2 }, runs: [], timed: [], absent: [] };

describe('resumed', () => {
  it('keeps what ended well', () => {
    const runs = [first, { ...second, error: 'killed' }];
    const earlier = { ...fresh, runs, timed: [curve], kernels: {} };
    expect(resumed(earlier, fresh)).toEqual({ ...earlier, runs: [first] });
  });

  it('begins where there is nothing yet', () => {
    expect(resumed(undefined, fresh)).toBe(fresh);
  });

  it('does not mix builds or settings', () => {
    expect(() => resumed({ ...fresh, machine: { commit: 'abd' } }, fresh)).toThrow('abd');
    expect(() => resumed({ ...fresh, settings: { repetitions: 3 } }, fresh)).toThrow('{"repetitions":3}');
  });
});

describe('turnsLeft', () => {
  const plan = [first, second, { ...first, asked: { tokens: curve.tokens } }].map((job, n) => ({ ...job, n }));
  const left = (runs: object[], timed: object[]) =>
    turnsLeft(plan, 2, { runs, timed }).map(({ repetition, n }: { repetition: number; n: number }) => [repetition, n]);

  it('takes all jobs in turn, repetition by repetition', () => {
    expect(left([], [])).toEqual([...[0, 1, 2].map((n) => [1, n]), ...[0, 1, 2].map((n) => [2, n])]);
  });

  it('leaves out what was taken, a curve apart from the row of its name', () => {
    const runs = [first, second].map((each) => ({ ...each, repetition: 1 }));
    expect(left(runs, [{ ...curve, repetition: 2 }])).toEqual([
      [1, 2],
      [2, 0],
      [2, 1],
    ]);
  });
});
