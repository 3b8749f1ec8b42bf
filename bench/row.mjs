/**
 * One row of the table, once, in a process of its own: `node bench/row.mjs ROW` prints one JSON line.
 * ROW is JSON: a row of rows.mjs with `model`, `kind`, `folder`, and how patient to be.
 */
import { readFileSync } from 'node:fs';
import { measure } from './measure.mjs';

const row = JSON.parse(process.argv[2]);
const spawned = Number(process.env.BENCH_SPAWNED);
const elapsed = () => performance.timeOrigin + performance.now() - spawned;

console.log(JSON.stringify(row.place === 'chromium' ? await inPage() : await inProcess()));
process.exit(0); // threads of a peer may wait for work that never comes

async function inProcess() {
  const open = await opener();
  const began = performance.now();
  const engine = await open(row);
  const load_ms = performance.now() - began;
  const { figures, ...rest } = await measure(engine, { ...row, elapsed, peak_mb });
  return { info: engine.info, figures: { load_ms: Math.round(load_ms), ...figures }, ...rest };
}

async function inPage() {
  const { measureInPage } = await import('./chromium/drive.mjs');
  return measureInPage(row);
}

/** Imports the engine, which is part of the time to the first token and no part of loading. */
async function opener() {
  if (row.engine !== 'batonlm') return (await import(`./peers/${row.engine}/engine.mjs`)).open;
  const library = await import('../dist/index.node.js');
  const { openOurs } = await import('./ours.mjs');
  return ({ folder, ...options }) => openOurs(library, folder, options);
}

/** The highest resident memory of this process; `maxRSS` would count what its parent held when it was started. */
function peak_mb() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1.024e-3;
  } catch {
    return process.resourceUsage().maxRSS * 1.024e-3;
  }
}
