import { cores } from '#platform';
import { OptionError, show } from '../../errors.ts';
import type { Backend } from '../../tensor/backend.ts';
import { ReferenceBackend } from '../reference-backend.ts';
import { Crew } from './crew.ts';
import { prefersWideDots } from './dots.ts';
import { buildFor, instantiate } from './engine.ts';
import { divisible } from './kernels.ts';
import { begin, Machine } from './machine.ts';
import { WasmBackend } from './wasm-backend.ts';

export interface WasmOptions {
  /** The same bits on every machine: products and sums are rounded apart. @default false */
  readonly deterministic?: boolean;
  /** Threads at work, this one included; their number changes no bit. @default the cores of the machine */
  readonly threads?: number;
  /**
   * Node: V8 flags, taken back at once, that make it compile the kernels with its optimising compiler, and to 256 bits where
   * it can. Others have no such flags. @default true
   */
  readonly v8Flags?: boolean;
  /** Threads start now, while the kernels are compiled, and not when there is work for them. @default false */
  readonly atOnce?: boolean;
}

/** Pages: all that 32 bits can reach, but for the last one, since where an array ends is an address too. */
export const maximum = 65535;
const mostThreads = 64;

/**
 * The fastest backend of this machine: SIMD kernels, or the reference loops where there is no SIMD. `info.notes` says why.
 *
 * Errors    OptionError threads is no whole number from 1 to 64, v8Flags or atOnce neither true nor false
 */
export async function createWasmBackend(options: WasmOptions = {}): Promise<Backend> {
  const { threads, deterministic, v8Flags, atOnce } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)) {
    throw new OptionError(`"threads" must be a whole number from 1 to ${mostThreads}, got ${show(threads)}`, {
      got: threads,
    });
  }
  for (const [name, got] of Object.entries({ v8Flags, atOnce })) {
    if (got !== undefined && typeof got !== 'boolean')
      throw new OptionError(`"${name}" must be true or false, got ${show(got)}`, { got });
  }
  const wanted = threads ?? Math.min(mostThreads, cores());
  const size = canShare() ? wanted : 1;
  const crew = size > 1 ? new Crew(size, divisible) : undefined;
  if (atOnce) crew?.hire();
  const build = await buildFor({ deterministic, shared: size > 1, v8Flags });
  if (typeof build === 'string') {
    crew?.stop();
    return new ReferenceBackend([build]);
  }
  const notes = [...build.notes];
  if (size < wanted)
    notes.push('one thread, because memory cannot be shared here: the page is not cross-origin isolated');
  const memory = new WebAssembly.Memory({ initial: 1, maximum, shared: size > 1 });
  const kernels = await instantiate(build.module, memory);
  crew?.equip(build.module, memory);
  const info = { name: 'wasm', threads: size, simd: build.simd, notes };
  const { paired, simd } = build;
  const wideDots = simd === 'relaxed-simd' && prefersWideDots(kernels, memory, begin, paired);
  return new WasmBackend(new Machine(kernels, memory, { crew, paired, wideDots }), info);
}

function canShare(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false;
}
