/** Backends with threads that take part in everything. */
import { maximum } from '../../../src/kernels/wasm/create.ts';
import { Crew } from '../../../src/kernels/wasm/crew.ts';
import { buildFor, instantiate } from '../../../src/kernels/wasm/engine.ts';
import { divisible } from '../../../src/kernels/wasm/kernels.ts';
import { begin, Machine } from '../../../src/kernels/wasm/machine.ts';
import { WasmBackend } from '../../../src/kernels/wasm/wasm-backend.ts';

export interface Team {
  readonly backend: WasmBackend;
  readonly machine: Machine;
  readonly memory: WebAssembly.Memory;
  readonly crew: Crew;
}

/** A backend whose helpers take part in everything, however small, and are all up. */
export async function teamOf(size: number): Promise<Team> {
  const build = await buildFor({ shared: true });
  if (typeof build === 'string') throw new Error(build);
  const memory = new WebAssembly.Memory({ initial: 1, maximum, shared: true });
  const crew = new Crew(size, divisible);
  crew.equip(build.module, memory);
  const machine = new Machine(await instantiate(build.module, memory), memory, { crew, worthwhile: 0 });
  while (!crew.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  const backend = new WasmBackend(machine, { name: 'wasm', threads: size, simd: build.simd, notes: [] });
  return { backend, machine, memory, crew };
}

/** Alone, on a memory of so many pages at most. */
export async function aloneOn(pages: number, shared = false): Promise<Omit<Team, 'crew'>> {
  const build = await buildFor({ shared });
  if (typeof build === 'string') throw new Error(build);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared });
  const machine = new Machine(await instantiate(build.module, memory), memory);
  const backend = new WasmBackend(machine, { name: 'wasm', threads: 1, simd: build.simd, notes: [] });
  return { backend, machine, memory };
}

/** Bytes that are taken of a memory, whoever counts them or not. */
export function taken({ heap }: Machine): number {
  const size = heap.top - begin;
  if (size === 0) return 0;
  const at = heap.alloc(size); // one gap, if all came back
  heap.free(at, size);
  return at - begin;
}
