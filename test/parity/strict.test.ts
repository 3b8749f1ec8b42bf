/** The parity run itself: what it does not know, or what differs, is a failed test and never a shorter run. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'baton-goldens-'));
const source = 'test/goldens/t5/encoder-only';
/** Titles of the tests that failed → their messages. */
const failed = new Map<string, string>();
let passed: string[] = [];

/** A copy of a golden, changed. */
function planted(name: string, change: (folder: string) => void): void {
  const folder = join(root, 't5', name);
  cpSync(source, folder, { recursive: true });
  change(folder);
}

function editJson(file: string, edit: (json: Record<string, Record<string, unknown>>) => object): void {
  writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, 'utf8')))));
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

beforeAll(() => {
  planted('healthy', () => {});
  planted('unknown-kind', (folder) => editJson(join(folder, 'golden.json'), (json) => ({ ...json, kind: 't6' })));
  planted('unknown-tensor', (folder) =>
    editJson(join(folder, 'golden.json'), (json) => {
      const { 'encoder/plain/hidden_states.0': tensor, ...tensors } = json.tensors;
      return { ...json, tensors: { ...tensors, 'encoder/plain/moods.0': tensor } };
    }),
  );
  planted('unknown-group', (folder) =>
    editJson(join(folder, 'golden.json'), (json) => {
      const { 'encoder/left/last_hidden_state': tensor, ...tensors } = json.tensors;
      return { ...json, tensors: { ...tensors, 'encoder/above/last_hidden_state': tensor } };
    }),
  );
  planted('another-eps', (folder) =>
    editJson(join(folder, 'config.json'), (json) => ({ ...json, layer_norm_epsilon: 1e-5 })),
  );
  mkdirSync(join(root, 'nothing'));
  const report = join(root, 'report.json');
  const args = [
    'run',
    '--project',
    'goldens',
    'test/parity/parity.test.ts',
    '--reporter=json',
    `--outputFile=${report}`,
  ];
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...args], {
    env: { ...process.env, BATON_GOLDENS: root },
  });
  expect(status).toBe(1);
  const { testResults }: Report = JSON.parse(readFileSync(report, 'utf8'));
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  for (const { fullName, failureMessages } of results.filter(({ status }) => status === 'failed')) {
    failed.set(fullName.slice(fullName.indexOf(root) + root.length + 1), failureMessages.join('\n'));
  }
  passed = results.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName);
});

afterAll(() => rmSync(root, { recursive: true }));

describe('the parity run', () => {
  it('passes on a golden that is what it should be', () => {
    expect(passed.filter((title) => title.includes('t5/healthy'))).not.toEqual([]);
    expect([...failed.keys()].filter((title) => title.includes('healthy'))).toEqual([]);
  });

  it.each([
    ['t5/unknown-kind is of a known kind, not "t6"', 't6'],
    ['t5/unknown-tensor encoder/plain', 'unknown tensor "encoder/plain/moods.0"'],
    ['t5/unknown-group encoder/above', 'unknown group of tensors "encoder/above/…"'],
    ['t5/another-eps encoder/plain', 'elements outside their bound; worst at'],
    ['nothing has a golden.json', 'has none, nor has a folder in it'],
  ])('fails: %s', (title, message) => {
    const [, text] = [...failed].find(([name]) => name.startsWith(title)) ?? [];
    expect(text).toContain(message);
  });
});
