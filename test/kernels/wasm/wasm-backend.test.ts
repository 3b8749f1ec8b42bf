import { describe, expect, it } from 'vitest';
import { StateError } from '../../../src/errors.ts';
import { add, append, linear, scope, slice, softmax, tensor } from '../../../src/index.ts';
import { createWasmBackend } from '../../../src/kernels/wasm/create.ts';
import { buildFor, instantiate } from '../../../src/kernels/wasm/engine.ts';
import type { Kernels } from '../../../src/kernels/wasm/kernels.ts';
import { Machine } from '../../../src/kernels/wasm/machine.ts';
import { packedBytes } from '../../../src/kernels/wasm/storage.ts';
import { simdOps } from '../../../src/kernels/wasm/table.ts';
import { WasmBackend } from '../../../src/kernels/wasm/wasm-backend.ts';
import type { Op } from '../../../src/tensor/op.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { aloneOn } from './team.ts';

/** How weights of a dtype are kept. */
const keptAs = { F32: 0, F16: 1, BF16: 2, Q8: 'int8', Q4: 'int4' } as const;

/** A backend that counts the calls into each kernel, and tells how large its memory is. */
async function counted(maximum = 65536) {
  const build = await buildFor();
  if (typeof build === 'string') throw new Error(build);
  const memory = new WebAssembly.Memory({ initial: 1, maximum });
  const calls = new Map<string, number>();
  const kernels: Kernels = new Proxy(await instantiate(build.module, memory), {
    get(target, name: keyof Kernels) {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return target[name];
    },
  });
  const info = { name: 'wasm', threads: 1, simd: build.simd, notes: [] };
  return { backend: new WasmBackend(new Machine(kernels, memory), info), calls, memory };
}

describe('WasmBackend', () => {
  // A page must be isolated for its memory to be shared.
  const kinds = globalThis.crossOriginIsolated === false ? [false] : [false, true];
  it.each(kinds)('a verdict outlives the growth of the memory, shared: %s', async (shared) => {
    const { machine, backend } = await aloneOn(100, shared);
    const at = machine.clearVerdict();
    machine.heap.free(machine.heap.alloc(2 ** 20), 2 ** 20); // 16 pages more than there were
    expect([...machine.verdict]).toEqual([0, 0]);
    machine.write(at, Int32Array.of(0, 1));
    expect([...machine.verdict]).toEqual([0, 1]);
    expect([machine.clearVerdict(), ...machine.verdict]).toEqual([at, 0, 0]);
    backend.dispose();
  });

  it.each(['F32', 'F16', 'BF16', 'Q8', 'Q4'] as const)('asks for no %s weights beyond the memory', async (dtype) => {
    const [rows, K, N, page] = [44, 512, 64, 65536];
    const { machine, backend, memory } = await aloneOn(100);
    const x = tensor(new Float32Array(rows * K), { backend, shape: [rows, K] });
    const room = 4 * page; // for what the op makes, before the weight
    const gap = machine.heap.alloc(room);
    const bytes = packedBytes({ N, K, kind: keptAs[dtype], layout: '[out, in]' });
    const filling = (page - ((machine.heap.top + bytes) % page)) % page;
    if (filling > 0) machine.heap.alloc(filling);
    const stored = { dtype: dtype === 'Q8' || dtype === 'Q4' ? 'F32' : dtype } as const;
    const intake = backend.intake({ dtype, shape: [N, K] }, 'linear [out, in]', stored);
    machine.heap.free(gap, room);
    intake.add(new Uint8Array(N * K * (stored.dtype === 'F32' ? 4 : 2)));
    const w = new Tensor(backend, intake.done(), { dtype, shape: [N, K] });
    expect(machine.heap.top % page).toBe(0); // the weight ends where memory would, were there none behind it
    for (const M of [1, 2, 6, 8, 44]) linear(slice(x, 0, 0, M), w, undefined, '[out, in]');
    expect(machine.heap.top % page).toBe(0);
    expect(memory.buffer.byteLength).toBeGreaterThan(machine.heap.top);
    backend.dispose();
  });

  it('runs the kernels: one row as it is, more in tiles', async () => {
    const { backend, calls } = await counted();
    const w = tensor([[1, 2], [3, 4]], { backend }); // biome-ignore format: one line
    linear(tensor([[1, 1]], { backend }), w, undefined, '[out, in]');
    expect([calls.get('gemm'), calls.get('packTiles')]).toEqual([1, undefined]);
    linear(w, w, undefined, '[out, in]');
    expect([calls.get('gemm'), calls.get('packTiles')]).toEqual([2, 1]);
    expect(simdOps).toContain('softmax');
  });

  it('does not grow once every shape was seen', async () => {
    const { backend, memory } = await counted();
    const w = tensor(new Float32Array(64 * 64), { backend, shape: [64, 64] });
    let cache = tensor(new Float32Array(0), { backend, shape: [0, 64] });
    const step = () => {
      const x = tensor(new Float32Array(64), { backend, shape: [1, 64] });
      const longer = append(cache, softmax(add(x, linear(x, w, undefined, '[out, in]'))));
      cache.dispose();
      return longer;
    };
    const sizes = new Set<number>();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 200; i++) cache = scope(step);
      cache.dispose();
      cache = tensor(new Float32Array(0), { backend, shape: [0, 64] });
      if (round > 0) sizes.add(memory.buffer.byteLength);
    }
    expect(sizes.size).toBe(1);
    expect(backend.memory.blocks).toBe(2);
  });

  it('takes no more room for a cache than it will ever need', async () => {
    const backend = await createWasmBackend({ threads: 1 });
    const rows = (count: number) => tensor(new Float32Array(count * 4), { backend, shape: [count, 4] });
    const [past, more] = [rows(5), rows(1)];
    const before = backend.memory.bytes;
    const bytes = [Number.POSITIVE_INFINITY, 8, 5, 25].map((most) => {
      const longer = append(past, more, most);
      const taken = backend.memory.bytes - before;
      longer.dispose();
      return taken;
    });
    expect(bytes).toEqual([12, 8, 12, 12].map((count) => count * 16));
    backend.dispose();
  });

  it('an op that fails leaves nothing behind', async () => {
    const { backend } = await counted();
    const x = tensor([[NaN, 1]], { backend });
    const before = backend.memory;
    expect(() => softmax(x)).toThrow('"x" gives NaN at row 0, column 0');
    expect(backend.memory).toEqual(before);
  });

  it('a memory that is full is an error, and what was there stays usable', async () => {
    const { backend } = await counted(4); // 256 KB
    const x = tensor(new Float32Array(30_000), { backend });
    expect(() => add(x, x)).not.toThrow();
    expect(() => add(x, x)).toThrow(StateError);
    expect(await x.read()).toHaveLength(30_000);
  });

  it('an op without a kernel is an error, never a detour', async () => {
    const { backend } = await counted();
    const op: Op<undefined> = {
      name: 'unheardOf',
      infer: () => [],
      reference: () => {},
      cost: () => ({ flops: 0, bytes: 0 }),
    };
    expect(() => backend.run(op, [], undefined, [])).toThrow('unheardOf: the wasm backend has no kernel of this name');
  });

  it('is unusable after dispose, and says so', async () => {
    const backend = await createWasmBackend();
    const x = tensor([1], { backend });
    backend.dispose();
    expect(() => x.peek()).toThrow('the backend was disposed');
    expect(() => x.dispose()).not.toThrow();
  });
});
