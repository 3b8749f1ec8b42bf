/**
 * Proves that the tests would notice: plants one bug after the other and expects a named test to fail.
 *
 *   npm run test:bugs             all bugs; exit 1 if any survives
 *   npm run test:bugs -- NAME …   those of an area, or with this in their id
 *   … --healthy REPORT.json       of `npm test` without a bug, as vitest's json reporter writes it: then it is not run again
 *   … --seconds N                 plants no bug after so long, and says which were not planted
 *
 * To add one, put an entry into test/bugs/catalogue/AREA.json:
 *
 *   { "id": "softmax-no-shift",                      what is wrong, in words of the kernel
 *     "file": "src/kernels/softmax.ts",
 *     "find": "Math.exp(s[i] - max)",                stands exactly once in the file
 *     "replace": "Math.exp(s[i])",
 *     "test": "test/kernels/reference.test.ts",      where it must be noticed
 *     "name": "does not overflow on large logits" }  part of the full title of the test that must fail
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'baton-bugs-'));
const atOnce = 2;

const catalogue = join(root, 'test/bugs/catalogue');
const bugs = readdirSync(catalogue)
  .sort()
  .flatMap((file) => {
    const entries = JSON.parse(readFileSync(join(catalogue, file), 'utf8'));
    return entries.map((bug, turn) => ({ ...bug, area: file.replace('.json', ''), turn }));
  })
  .sort((a, b) => a.turn - b.turn); // one of each area in turn, so that all have a share where time is short
checkCatalogue();

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { healthy: { type: 'string' }, seconds: { type: 'string', default: 'Infinity' } },
});
const seconds = Number(values.seconds);
if (!(seconds >= 0)) throw new Error(`--seconds must be a number ≥ 0, got "${values.seconds}"`);
const chosen =
  wanted.length === 0 ? bugs : bugs.filter(({ id, area }) => wanted.some((part) => area === part || id.includes(part)));

const files = [...new Set(chosen.map(({ test }) => test))];
const healthy = values.healthy === undefined ? await testsOf(files, '', undefined) : testsIn(values.healthy);
const late = 'not planted, no time left';
const count = { '✓': 0, '✗': 0, '–': 0 };
await inParallel(chosen, async (bug) => {
  const verdict = performance.now() > 1000 * seconds ? late : await judge(bug);
  const sign = { killed: '✓', [late]: '–' }[verdict] ?? '✗';
  count[sign]++;
  console.log(`${sign} ${bug.id}: ${verdict}`);
});
rmSync(scratch, { recursive: true });
const { '✓': killed, '–': left } = count;
console.log(`${chosen.length} planted bugs, ${killed} killed${left > 0 ? `, ${left} not planted` : ''}`);
process.exitCode = count['✗'] === 0 ? 0 : 1;

/** Killed if the test passes without the bug and fails with it. */
async function judge({ id, test, name }) {
  const before = healthy.filter((t) => t.file.endsWith(test) && t.title.includes(name));
  if (before.length === 0) return `no test in ${test} is called "${name}"`;
  if (before.some((t) => t.status !== 'passed')) return 'the test fails or is skipped without the bug';
  const after = (await testsOf([test], name, id)).filter((t) => t.title.includes(name));
  return after.some((t) => t.status === 'failed') ? 'killed' : 'SURVIVES';
}

/** Where a new shape is a new kernel, properties run less often. */
function onGpuJs(file) {
  return file.startsWith('test/gpu/');
}

/** Runs vitest and gives every test that ran: { file, title, status }. */
function testsOf(files, name, bug) {
  const report = join(scratch, `${bug ?? 'healthy'}.json`);
  const pattern = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const config = join(root, 'test/bugs/vitest.config.ts');
  const args = ['run', '--config', config, '--reporter=json', `--outputFile=${report}`, ...files];
  if (name !== '') args.push('--testNamePattern', pattern);
  return new Promise((resolve, reject) => {
    const run = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: root,
      env: { ...process.env, BATON_BUG: bug ?? '', ...(files.every(onGpuJs) ? { BATON_RUNS: '0.25' } : {}) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    run.stderr.on('data', (text) => {
      complaint += text;
    });
    run.on('error', reject);
    run.on('close', () => {
      try {
        resolve(testsIn(report));
      } catch {
        reject(new Error(`vitest gave no report for bug "${bug ?? 'none'}":\n${complaint}`));
      }
    });
  });
}

/** The tests that a report of vitest tells of. */
function testsIn(report) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.map(({ fullName: title, status }) => ({ file, title, status })),
  );
}

async function inParallel(items, work) {
  const queue = [...items];
  const workers = Array.from({ length: atOnce }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
  await Promise.all(workers);
}

function checkCatalogue() {
  const seen = new Set();
  for (const bug of bugs) {
    const { id, file, find } = bug;
    if (seen.has(id)) throw new Error(`two planted bugs are called "${id}"`);
    seen.add(id);
    const times = readFileSync(join(root, file), 'utf8').split(find).length - 1;
    if (times !== 1) throw new Error(`planted bug "${id}": ${JSON.stringify(find)} stands ${times} times in ${file}`);
  }
}
