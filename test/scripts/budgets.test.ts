/** A budget is not trusted until it has been broken once: planted faults in a project that is only a few strings. */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkBundle } from '../../scripts/budgets/bundle.mjs';
import { checkImports } from '../../scripts/budgets/imports.mjs';
import { checkLines } from '../../scripts/budgets/lines.mjs';
import { checkWords } from '../../scripts/budgets/words.mjs';

const manifest = JSON.stringify({
  imports: { '#door': { node: './dist/hub/door.node.js', default: './dist/hub/door.js' } },
});

/** A project made of texts by path. */
function project(texts: Record<string, string>) {
  const files: Record<string, string> = { 'package.json': manifest, ...texts };
  return {
    below: (folder: string, extensions: string[]) =>
      Object.keys(files).filter(
        (path) => (folder === '.' || path.startsWith(`${folder}/`)) && extensions.includes(extname(path)),
      ),
    read: (path: string) => files[path],
  };
}

/** Offenders of all budgets of a check, as one list. */
const offenders = (budgets: { ok: boolean; offenders: string[] }[]) =>
  budgets.filter(({ ok }) => !ok).flatMap((budget) => budget.offenders);

describe('checkImports', () => {
  it('is content with imports that point down, and with a word in a string', () => {
    const told = checkImports(
      project({
        'src/models/a.ts': "import { b } from '../kernels/b.ts';\nexport const hint = \"write import x from 'y'\";",
        'src/hub/c.node.ts': "import { open } from 'node:fs';\nimport type {\n  D,\n} from './d.node.ts';",
        'src/pretrained/e.ts': "import { door } from '#door';",
        'apps/cli/f.ts': "import { T } from '../../src/index.node.ts';\nimport { Command } from 'commander';",
      }),
    );
    expect(offenders(told)).toEqual([]);
  });

  it.each([
    ['src/kernels/a.ts', "export { x } from '../models/b.ts';"],
    ['src/kernels/a.ts', "import type {\n  X,\n} from '../models/b.ts';"],
    ['src/tensor/a.ts', "const b = await import('../kernels/b.ts');"],
    ['src/tokenizer/a.ts', "import { door } from '#door';"],
    ['src/models/a.ts', "import { ReferenceBackend } from '../kernels/reference-backend.ts';"],
    ['src/hub/a.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/hub/a.ts', "import './b.node.ts';"],
    ['src/hub/a.ts', "import { x } from 'commander';"],
    ['apps/cli/a.ts', "import { x } from '../../src/tensor/tensor.ts';"],
  ])('finds what is wrong in %s: %s', (path, text) => {
    expect(offenders(checkImports(project({ [path]: text })))).toHaveLength(1);
  });
});

describe('checkWords', () => {
  it.each([
    ['README.md', `see /${'home'}/me/model`],
    ['package-lock.json', `"resolved": "https://registry.${'npmjs'}.org/x"`],
    ['src/a.ts', '// TODO'],
    ['src/a.ts', 'f(x as any)'],
    ['src/a.ts', '// @ts-ignore'],
    ['src/a.ts', 'new Function(text)'],
    ['test/a.test.ts', `describe.${'only'}('x', f)`],
  ])('finds the word in %s: %s', (path, text) => {
    expect(offenders(checkWords(project({ [path]: `\n${text}` })))).toEqual([`${path}:2`]);
  });

  it('leaves ordinary prose alone', () => {
    const text = "// as any reader sees\nfetch('https://example.org/home/x', '../root/y', 'a/work/b');";
    expect(offenders(checkWords(project({ 'src/a.ts': text })))).toEqual([]);
  });
});

describe('checkLines', () => {
  const lines = (n: number) => `${'\n'.repeat(n - 1)}x`;

  it('allows 300 lines, and more with a reason in the header', () => {
    const told = checkLines(
      project({ 'src/a.ts': 'x', 'b.ts': lines(300), 'c.ts': `/** Long because: a table */${lines(301)}` }),
    );
    expect(offenders(told)).toEqual([]);
  });

  it('finds 301 lines', () => {
    expect(offenders(checkLines(project({ 'src/a.ts': 'x', 'b.ts': lines(301) })))).toEqual(['b.ts: 301 lines']);
  });
});

describe('checkBundle', () => {
  const check = (text: string) =>
    checkBundle(
      project({
        'dist/batonlm.min.js': text,
        ...Object.fromEntries(['core', 'tokenizers', 'wasm', 'gpu'].map((part) => [`dist/batonlm.${part}.min.js`, ''])),
      }),
    )
      .slice(0, 2)
      .map(({ ok }) => ok);

  it('finds modules of Node and code made from strings', () => {
    expect(check('import"node:fs"')).toEqual([true, false]);
    expect(check('eval(x)')).toEqual([true, false]);
  });

  it('finds more than 45 kB of what gzip cannot shrink', () => {
    const noise = Array.from({ length: 2000 }, (_, i) => createHash('sha256').update(`${i}`).digest('base64'));
    expect(check('x')).toEqual([true, true]);
    expect(check(noise.join(''))).toEqual([false, true]);
  });
});
