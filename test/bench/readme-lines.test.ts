/** What is put into the README, and where. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filled, speedLines } from '../../bench/readme-lines.mjs';

const machine = { cpu: 'a CPU', cores: 2, node: 'v24', commit: 'abc' };
const run = (row: object, figures: object, model = 'gpt2') => ({ model, row, figures });
const ours = { engine: 'batonlm', backend: 'wasm', dtype: 'int8', threads: 2 };
const runs = [
  run({ engine: 'llama', dtype: 'int8', format: 'q8_0', threads: 2 }, { decode_ms: 12 }),
  run(ours, { decode_ms: 6, peak_mb: 250 }),
  run({ ...ours, threads: 1 }, { decode_ms: 9 }),
  run(ours, { decode_ms: 1 }, 't5-small'),
];

describe('speedLines', () => {
  it("shows GPT-2's rows in their order, ratios in front of a peer's figures", () => {
    const lines = speedLines({ machine, runs });
    expect(lines.filter((line: string) => line.startsWith('|'))).toEqual([
      '|  | peak MB | ms/token |',
      '| --- | --: | --: |',
      '| batonlm wasm int8 2t | 250 | 6.00 |',
      '| llama q8_0 2t |  | 2.0× 12.0 |',
    ]);
  });
});

describe('filled', () => {
  it('puts lines between the marks, and again in the place of what it put there', () => {
    const text = 'a\n<!-- bench: begin -->\n<!-- bench: end -->\nz';
    const once = filled(text, ['new']);
    expect(once).toBe('a\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\nz');
    expect(filled(once, ['new'])).toBe(once);
  });

  it('asks for both marks', () => {
    expect(() => filled('a <!-- bench: begin --> z', ['new'])).toThrow('<!-- bench: end -->');
  });

  it("finds its place in the project's README", () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(filled(readme, ['new'])).toContain('\n\nnew\n\n');
  });
});
