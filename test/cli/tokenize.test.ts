import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { baton, jsonOf, model, root, scratch } from './baton.ts';

interface Vector {
  readonly text: string;
  readonly ids: number[];
  readonly pieces: string[];
}

/** A folder with a tokenizer, and what it makes of texts. */
function goldens(kind: string): { folder: string; texts: string[]; vectors: Vector[] } {
  const source = join(root, `test/goldens/tokenizers/${kind}-own`);
  const golden = JSON.parse(readFileSync(join(source, 'golden.json'), 'utf8'));
  if (kind === 'bpe') {
    const { vectors }: { vectors: Vector[] } = golden;
    return { folder: source, texts: vectors.map(({ text }) => text), vectors };
  }
  const folder = join(scratch, 'unigram');
  mkdirSync(folder);
  cpSync(join(source, 't5.model'), join(folder, 'spiece.model'));
  return { folder, texts: golden.texts, vectors: golden.spiece.t5.vectors };
}

describe('tokenize', () => {
  it.each([['llm', { ids: [43, 79, 121, 12, 1], pieces: ['▁He', 'll', 'o', '▁you', '</s>'] }]])(
    '%s: a string a line',
    async (name, expected) => {
      expect(await jsonOf(['tokenize', ...model(name)], '"Hello you"\n"Hello you"')).toEqual([expected, expected]);
    },
  );

  it('--no-special-tokens leaves out what the model adds', async () => {
    const [{ pieces }] = await jsonOf(['tokenize', ...model('llm'), '--no-special-tokens'], '"Hello you"');
    expect(pieces).toEqual(['▁He', 'll', 'o', '▁you']);
  });

  it('--decode takes ids and gives text', async () => {
    const lines = '[601, 295, 360, 1605, 30, 1999]\n[]\n';
    expect(await jsonOf(['tokenize', ...model('slm'), '--decode'], lines)).toEqual([
      'Wo ist der Bahnhof?<|endoftext|>',
      '',
    ]);
    const bare = ['tokenize', ...model('slm'), '--decode', '--no-special-tokens'];
    expect(await jsonOf(bare, lines)).toEqual(['Wo ist der Bahnhof?', '']);
  });

  it.each(['bpe', 'unigram'])('%s: every vector of its goldens', async (kind) => {
    const { folder, texts, vectors } = goldens(kind);
    const lines = texts.map((text) => JSON.stringify(text)).join('\n');
    const answers = await jsonOf(['tokenize', '--model', folder, '--no-special-tokens'], lines);
    expect(answers).toEqual(vectors.map(({ ids, pieces }) => ({ ids, pieces })));
  });

  it.each([
    [[], '"a"\n3\n', 2, 'each line must be a JSON string, got 3'],
    [[], '"a"\n\n"b"', 2, 'each line must be JSON, got ""'],
    [[], 'a', 1, 'each line must be JSON, got "a"'],
    [['--decode'], '[1]\n"a"', 2, 'with --decode each line must be a JSON array of ids, got "a"'],
    [['--decode'], '[1, 2.5]', 1, 'with --decode each line must be a JSON array of ids, got [1, 2.5]'],
  ])('%j: a bad line in %j fails with its number', async (flags, lines, number, message) => {
    const { status, stderr } = await baton(['tokenize', ...model('llm'), ...flags], lines);
    expect(status).toBe(1);
    expect(stderr).toBe(`baton: ${message} (in line ${number} of stdin)\n`);
  });

  it('an id that is none fails with the number of its line', async () => {
    const { status, stderr } = await baton(['tokenize', ...model('llm'), '--decode'], '[4]\n[99999]\n');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^baton: .*99999.*line 2 of stdin.*\n$/);
  });

  it('a folder without a tokenizer says what was looked for', async () => {
    const bare = join(scratch, 'bare');
    mkdirSync(bare);
    cpSync(join(root, 'weights/en-de/llm/config.json'), join(bare, 'config.json'));
    const { status, stderr } = await baton(['tokenize', '--model', bare], '"a"');
    expect(status).toBe(1);
    expect(stderr).toContain('no tokenizer file found; looked for tokenizer.json, spiece.model');
  });
});
