/** The compiled kernels: which build this machine can run, and why not a faster one. */
import { compileKernels, inflated, relaxedByFlag } from '#platform';
import { lengths, packed, turn } from './binaries.ts';
import type { Compiled } from './compiled.ts';
import type { Kernels } from './kernels.ts';

export type Simd = 'simd' | 'relaxed-simd';

/** A build that runs here, compiled. */
export interface Build extends Compiled {
  readonly simd: Simd;
  /** Why this one and not a faster one. */
  readonly notes: readonly string[];
}

/** What is wanted of a build. */
export interface BuildOptions {
  /** The same bits on every machine. @default false */
  readonly deterministic?: boolean;
  /** On memory that threads share. @default false */
  readonly shared?: boolean;
  /** May the platform set flags of its engine while it compiles? @default true */
  readonly v8Flags?: boolean;
}

/** (func (result v128) …) with one instruction of SIMD, or of relaxed SIMD: does the engine know it? */
const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
const zero = [65, 0, 253, 15]; // i32.const 0, i8x16.splat
const probes = {
  simd: Uint8Array.from([...header, 10, 8, 1, 6, 0, ...zero, 11]),
  'relaxed-simd': Uint8Array.from([...header, 10, 19, 1, 17, 0, ...zero, ...zero, ...zero, 253, 0x85, 2, 11]),
};

/**
 * The fastest build that this machine can run; without relaxed SIMD where the bits shall be the same everywhere. A string
 * where there is none: the reason.
 */
export async function buildFor(options: BuildOptions = {}): Promise<Build | string> {
  const { deterministic = false, shared = false, v8Flags = true } = options;
  if (typeof WebAssembly === 'undefined') return 'this engine has no WebAssembly';
  if (!WebAssembly.validate(probes.simd)) return 'WebAssembly has no SIMD here';
  const relaxed = WebAssembly.validate(probes['relaxed-simd']) || (v8Flags && relaxedByFlag);
  const simd = relaxed && !deterministic ? 'relaxed-simd' : 'simd';
  try {
    const found = await compiled(simd, shared, v8Flags);
    const notes: string[] = [];
    if (deterministic) notes.push('without relaxed SIMD, because deterministic is true');
    else if (!relaxed) notes.push('WebAssembly has no relaxed SIMD here');
    if (found.flags.length > 0) notes.push(`V8 flags were on while the kernels compiled: ${found.flags.join(' ')}`);
    if (found.paired) notes.push('V8 joins pairs of 128-bit operations to 256 bits');
    return { ...found, simd, notes };
  } catch (error) {
    return `WebAssembly may not compile here: ${error instanceof Error ? error.message : error}`;
  }
}

const modules = new Map<string, Promise<Compiled>>();

/** Each build is compiled once per process and kind of memory. */
function compiled(name: Simd, shared: boolean, v8Flags: boolean): Promise<Compiled> {
  const key = `${name} ${shared} ${v8Flags}`;
  const found = modules.get(key) ?? compile(name, shared, v8Flags);
  modules.set(key, found);
  return found;
}

async function compile(name: Simd, shared: boolean, v8Flags: boolean): Promise<Compiled> {
  const bytes = ownTurns(await inflated(packed), name);
  if (shared) share(bytes);
  return compileKernels(v8Flags ? bytes : withMark(bytes), v8Flags);
}

/** One build out of both, which take turns (scripts/build-wasm.mjs). */
function ownTurns(both: Uint8Array, name: Simd): Uint8Array<ArrayBuffer> {
  const left = [lengths.simd, lengths.relaxedSimd];
  const own = name === 'simd' ? 0 : 1;
  const bytes = new Uint8Array(left[own]);
  for (let at = 0, build = 0, written = 0; at < both.length; build = 1 - build) {
    const size = Math.min(turn, left[build]);
    if (build === own) {
      bytes.set(both.subarray(at, at + size), written);
      written += size;
    }
    left[build] -= size;
    at += size;
  }
  return bytes;
}

/** An empty section at the end: V8 compiles equal bytes once, and would answer with the code made under other flags. */
function withMark(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...bytes, 0, 2, 1, 120]);
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

/** The kernels of a build at work on a memory, which is set up for them. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  if (areKernels(exports)) {
    exports.setUp();
    return exports;
  }
  throw new TypeError('the module is not one of assembly/'); // cannot happen: binaries.ts is made from it
}

function areKernels(exports: object): exports is Kernels {
  return 'gemm' in exports && 'softmax' in exports;
}
