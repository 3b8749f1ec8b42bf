/** What README and ARCHITECTURE say is true: files exist, the example runs, links lead somewhere. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

describe('pages', () => {
  it.each(pages)('every file that %s names exists', (page) => {
    const paths = [...read(page).matchAll(/`((?:src|test|scripts|bench|docs|weights|apps)\/[\w./-]*)`/g)].map(
      (m) => m[1],
    );
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((m) => m[1]);
    const missing = [...paths, ...links].filter((path) => !path.includes('NAME') && !existsSync(new URL(path, root)));
    expect(missing).toEqual([]);
  });

  it('every row of "Find it" names code and a test', () => {
    const table = read('README.md').split('## Find it')[1].split('\n\n')[1];
    const rows = table.split('\n').slice(2);
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row).toMatch(/^\| .+ \| `src\/.+` \| `test\/.+` \|$/);
  });

  it('every script that CONTRIBUTING names is in package.json', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = [...read('CONTRIBUTING.md').matchAll(/`npm (?:run )?([\w:]+)`/g)].map((m) => m[1]);
    expect(named.filter((name) => name !== 'ci' && !(name in scripts))).toEqual([]);
  });
});

describe('the example of the README', () => {
  const file = new URL('.readme-example.ts', import.meta.url);
  afterAll(() => rmSync(file, { force: true }));

  it('runs, and prints a translation, the shape of the baton, and a stream that spells the greedy answer', async () => {
    const code = read('README.md').split('```ts\n')[1].split('```')[0];
    expect(
      code
        .trim()
        .split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(20);
    writeFileSync(file, code.replace("'batonlm'", "'../src/index.node.ts'"));
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await import(/* @vite-ignore */ file.href);
    const lines = log.mock.calls.map((call) =>
      call.map((x) => (typeof x === 'string' ? x : JSON.stringify(x))).join(' '),
    );
    log.mockRestore();
    expect(lines[0]).toBe('Wo wohnt ihr?');
    expect(lines[1]).toBe('[1,5,128]');
    const pieces = lines.slice(2, -1).map((line) => JSON.parse(line.slice(0, line.lastIndexOf(' '))));
    expect(pieces.join('')).toBe('Tom ist glücklich.');
    expect(JSON.parse(lines.at(-1) ?? '')).toHaveLength(1);
  });
});
