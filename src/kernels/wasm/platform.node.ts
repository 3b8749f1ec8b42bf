/** What Node, Bun and Deno offer beside WebAssembly; `platform.ts` is the twin for pages. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Helper } from './crew.ts';

/**
 * Node 20 knows relaxed SIMD behind a flag, which may be set while it runs, before a module is compiled. Call this only
 * where the instructions are refused: later versions do not know the flag.
 */
export function enableRelaxedSimd(): boolean {
  if (!process.versions.node?.startsWith('20.') || process.versions.bun !== undefined) return false;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return true;
}

/** Cores, not their siblings, where the system tells them apart; never more than this process may use. */
export function cores(): number {
  return Math.min(availableParallelism(), physicalCores() ?? Math.ceil(availableParallelism() / 2));
}

function physicalCores(): number | undefined {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8');
    const ids = [...text.matchAll(/^physical id\s*: (\d+)[\s\S]*?^core id\s*: (\d+)/gm)];
    const found = new Set(ids.map(([, socket, core]) => `${socket} ${core}`)).size;
    return found > 0 ? found : undefined;
  } catch {
    return undefined; // no Linux
  }
}

/** Runs `serve(data)` of a script in a thread of its own, which keeps no process alive. */
export function startHelper(script: string, data: unknown, failed: (why: string) => void): Helper {
  const code = `${script}\nserve(require('node:worker_threads').workerData);`;
  const worker = new Worker(code, { eval: true, workerData: data, execArgv: [] });
  worker.on('error', (error) => failed(error instanceof Error ? error.message : String(error)));
  worker.unref();
  return { stop: () => void worker.terminate() };
}
