/** What this build of batonlm offers, tried out on a tiny model; as a script it prints one JSON line. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AutoModel, UnsupportedOptionError } from '../dist/index.node.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Every `{ backend, dtype, threads }` that loads and really is what was asked for. */
export async function offeredRows() {
  const folder = mkdtempSync(join(tmpdir(), 'baton-offered-'));
  try {
    execFileSync(process.execPath, [here('random-model.mjs'), 'tiny', folder]);
    const rows = ['wasm', 'reference'].flatMap((backend) =>
      ['f32', 'f16', 'bf16', 'int8', 'int4'].flatMap((dtype) => [1, 2].map((threads) => ({ backend, dtype, threads }))),
    );
    const offered = [];
    for (const row of rows) if (await offers(folder, row)) offered.push(row);
    return offered;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function offers(folder, row) {
  try {
    const model = await AutoModel.from_pretrained(folder, row);
    const { name, threads } = model.backendInfo;
    model.dispose();
    return name === row.backend && threads === row.threads;
  } catch (error) {
    if (error instanceof UnsupportedOptionError) return false;
    throw error;
  }
}

if (process.argv[1] === here('offered.mjs')) console.log(JSON.stringify(await offeredRows()));
