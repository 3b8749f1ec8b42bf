import type { Backend } from '../../tensor/backend.ts';
import { ReferenceBackend } from '../reference-backend.ts';
import { buildFor, instantiate } from './engine.ts';
import { Machine } from './machine.ts';
import { WasmBackend } from './wasm-backend.ts';

export interface WasmOptions {
  /** The same bits on every machine: products and sums are rounded apart. @default false */
  readonly deterministic?: boolean;
}

/** 4 GiB: all that an address of 32 bits can reach. Only what is used is taken. */
const maximum = 65536;

/** The fastest backend of this machine: SIMD kernels, or the reference loops where there is no SIMD. `info.notes` says why. */
export async function createWasmBackend({ deterministic = false }: WasmOptions = {}): Promise<Backend> {
  const build = await buildFor(deterministic);
  if (typeof build === 'string') return new ReferenceBackend([build]);
  const memory = new WebAssembly.Memory({ initial: 1, maximum });
  const kernels = await instantiate(build.module, memory);
  const { simd, notes, wideDots } = build;
  return new WasmBackend(new Machine(kernels, memory, wideDots), { name: 'wasm', threads: 1, simd, notes });
}
