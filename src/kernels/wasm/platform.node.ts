/** What Node, Bun and Deno offer beside WebAssembly; `platform.ts` is the twin for pages. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { type Compiled, compilePlainly } from './compiled.ts';
import type { Helper } from './crew.ts';

/**
 * V8 flags that are on while the kernels are compiled, by the version of Node they were tried on. The optimising compiler
 * does all of it at once, in about 15 ms: no slow first calls, and none of Node 20's wrong int8 instruction in the baseline
 * compiler.
 */
const atOnce = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const known: Readonly<Record<string, readonly string[]>> = {
  20: [...atOnce, '--experimental-wasm-relaxed-simd'],
  24: atOnce,
};
/** Two neighbouring operations of 128 bits become one of 256. Only where V8 was built with it: on x64. */
const pairing = { major: '24', flag: '--experimental-wasm-revectorize', variable: 'v8_enable_wasm_simd256_revec' };

/** Can relaxed SIMD be had by a flag, where the engine refuses it as it is? */
export const relaxedByFlag = majorVersion() === '20';

/**
 * Compiles the kernels with these flags, and takes them back before anybody else's code runs: the compilation is synchronous
 * for that. Without them, or where they are not known, it is left to the engine.
 */
export function compileKernels(bytes: Uint8Array<ArrayBuffer>, mayFlag: boolean): Compiled | Promise<Compiled> {
  const flags = mayFlag ? flagsHere() : [];
  if (flags.length === 0) return compilePlainly(bytes);
  for (const flag of flags) setFlagsFromString(flag);
  try {
    return { module: new WebAssembly.Module(bytes), flags, paired: flags.includes(pairing.flag) };
  } finally {
    for (const flag of flags) setFlagsFromString(opposite(flag));
  }
}

/** All that this version knows, but for what its user has set. */
function flagsHere(): readonly string[] {
  const major = majorVersion();
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').replaceAll('_', '-');
  const variables: Readonly<Record<string, unknown>> = process.config.variables;
  const pairs = major === pairing.major && variables[pairing.variable] === 1;
  return [...(known[major] ?? []), ...(pairs ? [pairing.flag] : [])].filter(
    (flag) => !given.includes(flag.replace(/^--(no-)?/, '')),
  );
}

function opposite(flag: string): string {
  return flag.startsWith('--no-') ? flag.replace('--no-', '--') : flag.replace('--', '--no-');
}

/** Of Node itself: what only passes for it has an engine of its own. */
function majorVersion(): string {
  const { node = '', bun, deno } = process.versions;
  return bun === undefined && deno === undefined ? node.split('.')[0] : '';
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

/** A helper makes next to no objects: without limits its heap would take what a small model does. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

/** Runs `serve(data)` of a script in a thread of its own, which keeps no process alive. */
export function startHelper(script: string, data: unknown, failed: (why: string) => void): Helper {
  const code = `${script}\nserve(require('node:worker_threads').workerData);`;
  const worker = new Worker(code, { eval: true, workerData: data, execArgv: [], resourceLimits });
  worker.on('error', (error) => failed(error instanceof Error ? error.message : String(error)));
  worker.unref();
  return { stop: () => void worker.terminate() };
}
