import { buildFor, instantiate } from '../../../src/kernels/wasm/engine.ts';
import { Machine, type MachineOptions } from '../../../src/kernels/wasm/machine.ts';
import { WasmBackend } from '../../../src/kernels/wasm/wasm-backend.ts';
import type { Backend } from '../../../src/tensor/backend.ts';

/** The backend with one form of the kernels, whichever is the fastest here. */
export async function formed(form: MachineOptions): Promise<Backend> {
  const build = await buildFor();
  if (typeof build === 'string') throw new Error(build);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { simd, notes, module } = build;
  const machine = new Machine(await instantiate(module, memory), memory, form);
  return new WasmBackend(machine, { name: 'wasm', threads: 1, simd, notes });
}
