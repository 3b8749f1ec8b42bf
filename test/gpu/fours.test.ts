/** Where there is no GPU: four rows a thread, and one kernel for any number of ids. */
import { describe, expect, it } from 'vitest';
import { type GpuBackend, gpuBackend } from '../../src/gpu.ts';
import { tensor } from '../../src/kernels/create.ts';
import { embedding } from '../../src/kernels/embedding.ts';
import { linear } from '../../src/kernels/linear.ts';
import type { Use } from '../../src/tensor/backend.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const [K, N] = [7, 6];

function weight(backend: GpuBackend, shape: readonly number[], use: Use): Tensor {
  const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i + 1));
  const spec = { dtype: 'F32', shape } as const;
  return new Tensor(backend, backend.upload(data, spec, use), spec);
}

describe.each(['webasm', 'cpu'] as const)('gpu.js, %s', (mode) => {
  it('every number of rows has the bits of a row alone; those that fill as many fours share a kernel', async () => {
    for (const use of ['linear [out, in]', 'linear [in, out]'] as const) {
      const backend = await gpuBackend({ mode });
      const layout = use === 'linear [out, in]' ? '[out, in]' : '[in, out]';
      const w = weight(backend, layout === '[out, in]' ? [N, K] : [K, N], use);
      const x = Float32Array.from({ length: 9 * K }, (_, i) => Math.cos(i));
      const of = async (from: number, to: number): Promise<number[]> => {
        const rows = tensor(x.slice(from * K, to * K), { backend, shape: [to - from, K] });
        return [...(await linear(rows, w, undefined, layout).readFloats())];
      };
      const alone = (await Promise.all(Array.from({ length: 9 }, (_, r) => of(r, r + 1)))).flat();
      const compiled: number[] = [];
      for (let count = 1; count <= 9; count++) {
        expect(await of(0, count)).toEqual(alone.slice(0, count * N));
        compiled.push((await backend.traffic()).compiled);
      }
      expect(compiled.map((all) => all - compiled[0])).toEqual([0, 1, 1, 1, 2, 2, 2, 2, 3]);
      backend.dispose();
    }
  });
});

it('in webasm a table is part of one kernel, however many ids are looked up', async () => {
  const backend = await gpuBackend({ mode: 'webasm' });
  const table = weight(backend, [5, 3], 'table');
  const rows = [...(await table.readFloats())];
  const before = (await backend.traffic()).compiled;
  for (const ids of [[4], [1, 3], [0, 0, 2], [4, 3, 2, 1, 0]]) {
    const found = embedding(table, tensor(Int32Array.from(ids), { backend, shape: [ids.length] }));
    expect([...(await found.readFloats())]).toEqual(ids.flatMap((id) => rows.slice(3 * id, 3 * id + 3)));
  }
  expect((await backend.traffic()).compiled - before).toBe(1);
  backend.dispose();
});
