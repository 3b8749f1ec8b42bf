/** What Node, Bun and Deno offer beside WebAssembly; `platform.ts` is the twin for pages. */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { inflateRawSync } from 'node:zlib';
import { type Compiled, compilePlainly } from './compiled.ts';
import type { Helper } from './crew.ts';

/**
 * V8 flags that are on while the kernels are compiled, by the V8 they were tried on: of Node 20, 22 and 24. The optimising
 * compiler does all of it at once, in some 40 ms: no slow first calls, and none of Node 20's wrong int8 instruction in the
 * baseline compiler. BATON_V8_FLAGS=0 in the environment leaves them off.
 */
const atOnce = ['--no-liftoff', '--no-wasm-lazy-compilation'];
const known: Readonly<Record<string, readonly string[]>> = {
  '11.3': [...atOnce, '--experimental-wasm-relaxed-simd'],
  '12.4': atOnce,
  '13.6': atOnce,
};
/**
 * Two neighbouring operations of 128 bits become one of 256. It is an experiment of V8's, built in on x64 alone, which other
 * versions may not survive: what this one makes of the kernels is tested.
 */
const pairing = { v8: '13.6', flag: '--experimental-wasm-revectorize', variable: 'v8_enable_wasm_simd256_revec' };

/** Bytes that were deflated and written as base64. By zlib: streams and Response took 50 ms of a start, most of it to load. */
export function inflated(base64: string): Uint8Array {
  return inflateRawSync(Buffer.from(base64, 'base64'));
}

/** Can relaxed SIMD be had by a flag, where the engine refuses it as it is? */
export const relaxedByFlag = versionOfV8() === '11.3' && process.env.BATON_V8_FLAGS !== '0';

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
  const version = versionOfV8();
  if (version === '' || process.env.BATON_V8_FLAGS === '0') return []; // Deno asks before it shows its environment
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').replaceAll('_', '-');
  const variables: Readonly<Record<string, unknown>> = process.config.variables;
  const pairs = version === pairing.v8 && variables[pairing.variable] === 1;
  return [...(known[version] ?? []), ...(pairs ? [pairing.flag] : [])].filter(
    (flag) => !given.includes(flag.replace(/^--(no-)?/, '')),
  );
}

function opposite(flag: string): string {
  return flag.startsWith('--no-') ? flag.replace('--no-', '--') : flag.replace('--', '--no-');
}

/** Major and minor; '' where another engine only passes for Node. */
function versionOfV8(): string {
  const { v8 = '', bun, deno } = process.versions;
  return bun === undefined && deno === undefined ? v8.split('.').slice(0, 2).join('.') : '';
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

/** Runs `serve(data)` of a script, once it is given, in a thread of its own, which keeps no process alive. */
export function startHelper(script: string, failed: (why: string) => void): Helper {
  const code = `${script}\nrequire('node:worker_threads').parentPort.once('message', serve);`;
  const worker = new Worker(code, { eval: true, execArgv: [], resourceLimits });
  worker.on('error', (error) => failed(error instanceof Error ? error.message : String(error)));
  worker.unref();
  return { give: (data) => worker.postMessage(data), stop: () => void worker.terminate() };
}
