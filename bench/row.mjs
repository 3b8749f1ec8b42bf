/**
 * One row of the table, once, in a process of its own: `node bench/row.mjs ROW` prints one JSON line.
 * ROW is JSON: a row of rows.mjs with `model`, `kind`, `folder`, and how patient to be. With `tokens` only one answer is
 * written, and the milliseconds to each of its tokens are told.
 */
import { readFileSync } from 'node:fs';
import { opener } from './engines.mjs';
import { ids, measure } from './measure.mjs';

const row = JSON.parse(process.argv[2]);
const spawned = Number(process.env.BENCH_SPAWNED);

console.log(JSON.stringify(await (row.tokens ? curve() : row.place === 'chromium' ? inPage() : inProcess())));
process.exit(0); // threads of a peer may wait for work that never comes

async function inProcess() {
  const open = await opener(row);
  const began = performance.now();
  const engine = await open(row);
  const load_ms = engine.load_ms ?? performance.now() - began; // a process of its own tells its own
  const { elapsed = ageOfThis, peak_mb = peakOfThis } = engine;
  const { figures, ...rest } = await measure(engine, { ...row, elapsed, peak_mb });
  return { info: engine.info, figures: { load_ms: Math.round(load_ms), ...figures }, ...rest };
}

async function curve() {
  const engine = await (await opener(row))(row);
  const input = ids(row.tokens.prompt, row.vocab);
  await engine.times(input, 8); // compiles what is compiled when it is hot
  return { ms: await engine.times(input, row.tokens.written) };
}

async function inPage() {
  const { measureInPage } = await import('./chromium/drive.mjs');
  return measureInPage(row);
}

/** Milliseconds since this process was started. */
function ageOfThis() {
  return performance.timeOrigin + performance.now() - spawned;
}

/** The highest resident memory of this process; `maxRSS` would count what its parent held when it was started. */
function peakOfThis() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1.024e-3;
  } catch {
    return process.resourceUsage().maxRSS * 1.024e-3;
  }
}
