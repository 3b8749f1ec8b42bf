/** What .ci/run did: a line per step, each skipped test with its reason, and the counts of all suites together. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const out = process.argv[2];
const steps = readFileSync(join(out, 'steps.tsv'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [name, status, seconds] = line.split('\t');
    const leftOut = status === 'left-out';
    return { name, seconds, leftOut, broken: status !== '0' && !leftOut, tests: leftOut ? [] : testsOf(name) };
  });

/** Tests that a suite reported; none for a step without a report, or with half of one. A planted bug is a test. */
function testsOf(name) {
  if (name === 'bugs') return plantedBugs();
  const file = join(out, `${name}.json`);
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')).testResults.flatMap(({ assertionResults }) => assertionResults);
  } catch {
    return [];
  }
}

function plantedBugs() {
  const lines = readFileSync(join(out, 'bugs.log'), 'utf8').split('\n');
  const statuses = { '✓': 'passed', '✗': 'failed', '–': 'skipped' };
  return lines
    .filter((line) => /^[✓✗–] /.test(line))
    .map((line) => ({ status: statuses[line[0]], ancestorTitles: [], title: line.replace(/^.*: /, '') }));
}

/** Titles of the groups a test stands in; a group that is skipped says why. */
const reasonOf = ({ ancestorTitles, title }) => ancestorTitles.filter((group) => group !== '').join(' > ') || title;

function countBy(items, key) {
  const counts = new Map();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

const withStatus = (tests, ...statuses) => tests.filter(({ status }) => statuses.includes(status));
const total = { passed: 0, failed: 0, skipped: 0 };
console.log('\n== summary');
for (const { name, seconds, broken, leftOut, tests } of steps) {
  const good = withStatus(tests, 'passed').length;
  const left = withStatus(tests, 'skipped', 'pending', 'todo', 'disabled');
  const bad = Math.max(withStatus(tests, 'failed').length, broken ? 1 : 0);
  total.passed += good;
  total.failed += bad;
  total.skipped += left.length + (leftOut ? 1 : 0);
  const counts = tests.length === 0 ? '' : `${good} passed, ${left.length} skipped`;
  const verdict = broken ? 'BROKEN' : leftOut ? 'no time' : 'ok';
  console.log(`${verdict.padEnd(7)}  ${name.padEnd(9)}  ${seconds.padStart(4)} s  ${counts}`.trimEnd());
  for (const [reason, count] of countBy(left, reasonOf)) console.log(`          skipped ${count}: ${reason}`);
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
