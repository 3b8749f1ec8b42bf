/** Words at the ends of the lines of the plot. */
import { describe, expect, it } from 'vitest';
import { labelsOf } from '../../bench/plot/labels.mjs';

const line = (writer: string, ms: number) => ({ writer, ms: [1, ms] });
const [height, apart] = [300, 30];
const labelled = (lines: object[], unit: number, top: number): { writer: string; words: string[]; time: number }[] =>
  labelsOf(lines, unit, top, height);

describe('labelsOf', () => {
  it('says how long each took, and how many times sooner the hybrid', () => {
    const labels = labelled([line('LLM alone', 4100), line('hybrid', 820), line('SLM alone', 590)], 1000, 5);
    expect(Object.fromEntries(labels.map(({ writer, words }) => [writer, words[1]]))).toEqual({
      'LLM alone': '4.1 s',
      hybrid: '0.82 s, 5.0×',
      'SLM alone': '0.59 s',
    });
  });

  it('stands at the end of a line where there is room', () => {
    const labels = labelled([line('LLM alone', 90), line('hybrid', 50), line('SLM alone', 20)], 1, 100);
    expect(labels.map(({ time }) => time).sort()).toEqual([20, 50, 90]);
  });

  it('keeps labels apart, in the order of the lines and above the axis', () => {
    const labels = labelled([line('LLM alone', 100), line('hybrid', 2), line('SLM alone', 1)], 1, 100);
    const [slm, hybrid, llm] = labels.map(({ time }) => time);
    const least = (100 * apart) / height;
    expect(slm).toBeGreaterThan(0);
    expect(hybrid - slm).toBeGreaterThanOrEqual(least);
    expect(llm).toBe(100);
  });
});
