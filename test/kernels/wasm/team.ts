/** Backends with threads that take part in everything. */
import { Crew } from '../../../src/kernels/wasm/crew.ts';
import { buildFor, instantiate } from '../../../src/kernels/wasm/engine.ts';
import { divisible } from '../../../src/kernels/wasm/kernels.ts';
import { Machine } from '../../../src/kernels/wasm/machine.ts';
import { WasmBackend } from '../../../src/kernels/wasm/wasm-backend.ts';

export interface Team {
  readonly backend: WasmBackend;
  readonly crew: Crew;
}

/** A backend whose helpers take part in everything, however small, and are all up. */
export async function teamOf(size: number): Promise<Team> {
  const build = await buildFor({ shared: true });
  if (typeof build === 'string') throw new Error(build);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const crew = new Crew(size, build.module, memory, divisible);
  const machine = new Machine(await instantiate(build.module, memory), memory, { crew, worthwhile: 0 });
  while (!crew.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  return { backend: new WasmBackend(machine, { name: 'wasm', threads: size, simd: build.simd, notes: [] }), crew };
}
