import type { Backend } from '../tensor/backend.ts';
import type { WasmOptions } from './wasm/create.ts';

/**
 * The fastest backend of this machine: SIMD kernels, or the reference loops where there is no SIMD. `info.notes` says why.
 * Its code is fetched by the first call: a program that computes elsewhere never loads it.
 *
 * Errors    OptionError threads is no whole number from 1 to 64, v8Flags or atOnce neither true nor false
 */
export async function createWasmBackend(options?: WasmOptions): Promise<Backend> {
  const wasm = await import('./wasm/create.ts');
  return wasm.createWasmBackend(options);
}
