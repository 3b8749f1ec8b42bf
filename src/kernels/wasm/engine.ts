/** The compiled kernels: which build this machine can run, and why not a faster one. */
import { enableRelaxedSimd } from '#platform';
import { lengths, packed } from './binaries.ts';
import type { Kernels } from './kernels.ts';

export type Simd = 'simd' | 'relaxed-simd';

/** A build that runs here, compiled. */
export interface Build {
  readonly module: WebAssembly.Module;
  readonly simd: Simd;
  /** Does the instruction that adds dots of bytes up in i32 do so? */
  readonly wideDots: boolean;
  /** Why this one and not a faster one. */
  readonly notes: readonly string[];
}

/** (func (result v128) …) with one instruction of SIMD, or of relaxed SIMD: does the engine know it? */
const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
const zero = [65, 0, 253, 15]; // i32.const 0, i8x16.splat
const probes = {
  simd: Uint8Array.from([...header, 10, 8, 1, 6, 0, ...zero, 11]),
  'relaxed-simd': Uint8Array.from([...header, 10, 19, 1, 17, 0, ...zero, ...zero, ...zero, 253, 0x85, 2, 11]),
};

/** Was relaxed SIMD missing until this module asked for it? It stays on for the whole process. */
let switchedOn = false;

/**
 * (func (export "f") (result i32) …): 1000 and a dot of four ones with four ones, added up in i32. The baseline compiler of
 * V8 before 12 loses the 1000, the optimising one does not: asked once, of code that runs once, it is the first that answers.
 */
const dotProbe = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 23, 1, 21, 0],
  ...[65, 1, 253, 15, 65, 1, 253, 15, 65, 0xe8, 7, 253, 17, 253, 0x93, 2, 253, 27, 0, 11],
]);

let addsDots: Promise<boolean> | undefined;

async function hasWideDots(): Promise<boolean> {
  const { exports } = (await WebAssembly.instantiate(dotProbe)).instance;
  return typeof exports.f === 'function' && exports.f() === 1004;
}

/**
 * The fastest build that this machine can run; without relaxed SIMD where the bits shall be the same everywhere. A string
 * where there is none: the reason.
 */
export async function buildFor(deterministic: boolean, shared = false): Promise<Build | string> {
  if (typeof WebAssembly === 'undefined') return 'this engine has no WebAssembly';
  if (!WebAssembly.validate(probes.simd)) return 'WebAssembly has no SIMD here';
  const notes: string[] = [];
  if (deterministic) notes.push('without relaxed SIMD, because deterministic is true');
  else if (!WebAssembly.validate(probes['relaxed-simd'])) {
    switchedOn = enableRelaxedSimd() && WebAssembly.validate(probes['relaxed-simd']);
    if (!switchedOn) notes.push('WebAssembly has no relaxed SIMD here');
  }
  if (!deterministic && switchedOn) notes.push('relaxed SIMD was switched on by a V8 flag');
  const name = !deterministic && WebAssembly.validate(probes['relaxed-simd']) ? 'relaxed-simd' : 'simd';
  try {
    const module = await compiled(name, shared);
    if (name === 'simd') return { module, simd: name, notes, wideDots: false };
    addsDots ??= hasWideDots();
    const wideDots = await addsDots;
    if (!wideDots) notes.push('int8 by way of i16, because this engine adds dots up wrongly');
    return { module, simd: name, notes, wideDots };
  } catch (error) {
    return `WebAssembly may not compile here: ${error instanceof Error ? error.message : error}`;
  }
}

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Each build is compiled once per process and kind of memory. */
function compiled(name: Simd, shared: boolean): Promise<WebAssembly.Module> {
  const key = `${name} ${shared}`;
  const found = modules.get(key) ?? compile(name, shared);
  modules.set(key, found);
  return found;
}

async function compile(name: Simd, shared: boolean): Promise<WebAssembly.Module> {
  const deflated = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const both = new Uint8Array(await new Response(stream).arrayBuffer());
  const bytes = name === 'simd' ? both.subarray(0, lengths.simd) : both.subarray(lengths.simd);
  if (shared) share(bytes);
  return WebAssembly.compile(bytes);
}

/**
 * Makes a module take a shared memory: one bit of the import's limits. The kernels hold no data and no atomics, so that
 * nothing else differs from what the compiler would make of the sources for such a memory.
 */
function share(bytes: Uint8Array): void {
  const name = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2]; // "env", "memory", a memory
  const at = bytes.findIndex((_, i) => name.every((byte, j) => bytes[i + j] === byte)) + name.length;
  bytes[at] |= 2;
}

/** The kernels of a build at work on a memory. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  if (areKernels(exports)) return exports;
  throw new TypeError('the module is not one of assembly/'); // cannot happen: binaries.ts is made from it
}

function areKernels(exports: object): exports is Kernels {
  return 'gemm' in exports && 'softmaxRow' in exports;
}
