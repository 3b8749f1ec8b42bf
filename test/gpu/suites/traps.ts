/** What goes wrong in gpu.js without a word, each on our kernels: written down when it was found, so that it stays out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GpuBackend, type GpuMode, gpuBackend } from '../../../src/gpu.ts';
import { activationNamed } from '../../../src/kernels/activations.ts';
import { loadGpuJs } from '../../../src/kernels/gpu/gpu-js.ts';
import { KernelCache } from '../../../src/kernels/gpu/kernel-cache.ts';
import { closeGpu, openGpu } from '../../../src/kernels/gpu/mode.ts';
import { add, attentionScores, embedding, linear, mix, scale, softmax, tensor } from '../../../src/kernels/index.ts';
import type { Use } from '../../../src/tensor/backend.ts';
import { scope } from '../../../src/tensor/scope.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { upload } from '../../../src/tensor/upload.ts';

export function trapSuite(mode: GpuMode): void {
  describe(`gpu.js, ${mode}: traps`, () => {
    let backend: GpuBackend;
    beforeAll(async () => {
      backend = await gpuBackend({ mode });
    });
    afterAll(() => backend.dispose());

    const floats = (shape: number[], values: ArrayLike<number>): Tensor =>
      tensor(Float32Array.from(values), { shape, backend });
    const weight = (shape: number[], values: Float32Array, use: Use): Tensor =>
      upload(backend, values, { dtype: 'F32', shape }, use);
    const ones = (...shape: number[]): Tensor => floats(shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(1));
    const run = async (fn: () => Tensor): Promise<number[]> => {
      const y = scope(fn);
      const values = await y.readFloats();
      y.dispose();
      return [...values];
    };

    it('ran where it says', () => expect(backend.info).toMatchObject({ name: 'gpu', mode }));

    it('loops do not end after 1000 rounds: a sum of 3072, a row of 1500, 1500 positions', async () => {
      expect(await run(() => linear(ones(1, 3072), ones(2, 3072), undefined, '[out, in]'))).toEqual([3072, 3072]);
      const keys = () => ones(1500, 1, 1, 2);
      const pattern = await run(() => softmax(attentionScores(ones(1, 1, 1, 2), keys(), 1)));
      expect(pattern).toHaveLength(1500);
      expect(new Set(pattern)).toEqual(new Set([Math.fround(1 / 1500)]));
      expect(await run(() => mix(ones(1, 1, 1, 1500), keys()))).toEqual([1500, 1500]);
    });

    it('arguments of another size get a kernel of their own', async () => {
      for (const [rows, cols] of [
        [2, 3],
        [5, 7],
        [3, 2],
        [2, 3],
      ]) {
        // biome-ignore format: one line
        const x = Array.from({ length: rows * cols }, (_, i) => i);
        expect(await run(() => add(floats([rows, cols], x), floats([cols], x.slice(0, cols))))).toEqual(
          x.map((v) => v + (v % cols)),
        );
      }
    });

    it('a weight that is part of its kernel is no other argument of that name', async () => {
      const w = Float32Array.of(1, 2, 3, 4, 5, 6);
      const b = () => floats([2], [100, 200]);
      const x = () => floats([2, 3], [1, 0, 0, 0, 1, 1]);
      const outIn = await run(() => linear(x(), weight([2, 3], w, 'linear [out, in]'), b(), '[out, in]'));
      expect(outIn).toEqual([101, 204, 105, 211]);
      const inOut = await run(() => linear(x(), weight([3, 2], w, 'linear [in, out]'), b(), '[in, out]'));
      expect(inOut).toEqual([101, 202, 108, 210]);
      const table = weight([2, 3], w, 'table');
      expect(await run(() => linear(x(), table, undefined, '[out, in]'))).toEqual([1, 4, 5, 11]);
    });

    it('many rows, which take four outputs a thread, are what each row is alone', async () => {
      const [M, K, N] = [9, 7, 8];
      const wave = (size: number, step: number) => Float32Array.from({ length: size }, (_, i) => ((i * step) % 13) - 6);
      const w = weight([K, N], wave(K * N, 5), 'linear [in, out]');
      const x = wave(M * K, 7);
      for (const bias of [undefined, floats([N], wave(N, 3))]) {
        const rows = Array.from({ length: M }, (_, m) => x.subarray(m * K, (m + 1) * K));
        const alone = [];
        for (const one of rows) alone.push(...(await run(() => linear(floats([1, K], one), w, bias, '[in, out]'))));
        expect(await run(() => linear(floats([M, K], x), w, bias, '[in, out]'))).toEqual(alone);
        expect(await run(() => scale(linear(floats([M, K], x), w, bias, '[in, out]'), 2))).toEqual(
          alone.map((v) => 2 * v),
        );
      }
      w.dispose();
    });

    it('a table of more than 2²⁴ elements is right behind row 21845, looked up and multiplied with', async () => {
      const [V, D] = [22_000, 768];
      const values = new Float32Array(V * D);
      for (let r = 0; r < V; r++) values[r * D + (r % D)] = r;
      const table = weight([V, D], values, 'table');
      const ids = [0, 21_844, 21_845, 21_999];
      const rows = await run(() =>
        embedding(table, upload(backend, Int32Array.from(ids), { dtype: 'I32', shape: [4] })),
      );
      expect(ids.map((id, i) => rows[i * D + (id % D)])).toEqual(ids);
      expect(rows.reduce((sum, v) => sum + v, 0)).toBe(ids.reduce((sum, id) => sum + id, 0));
      const logits = await run(() => linear(ones(1, D), table, undefined, '[out, in]'));
      expect(logits.findIndex((v, i) => v !== i)).toBe(-1);
      expect(logits).toHaveLength(V);
      table.dispose();
    });

    it('more rows or columns than a texture has, or a dispatch, are all there', async () => {
      const long = 600_001;
      const x = Float32Array.from({ length: long }, (_, i) => i);
      for (const shape of [[long], [long, 1], [70_001, 3]]) {
        const size = shape.reduce((product, length) => product * length);
        const y = await run(() =>
          add(floats(shape, x.subarray(0, size)), floats([shape.at(-1) ?? 1], x.subarray(0, shape.at(-1)))),
        );
        const width = shape.at(-1) ?? 1;
        expect(y).toHaveLength(size);
        expect(y.findIndex((v, i) => v !== i + (i % width))).toBe(-1);
      }
    });

    it('tanh and the functions that need it go to their limits, and powers keep their signs', async () => {
      const at = (name: string, x: number[]) => run(() => activationNamed(name)(floats([x.length], x)));
      expect(await at('tanh', [-100, -50, 50, 100])).toEqual([-1, -1, 1, 1]);
      expect((await at('gelu_new', [-50, 50])).map((v) => v + 0)).toEqual([0, 50]);
      const [below, above] = await at('gelu_new', [-2, 2]);
      expect(below).toBeLessThan(0);
      expect(above + below).toBeCloseTo(2 + 2 * below, 5);
      expect(await at('relu2', [-3, 3])).toEqual([0, 9]);
    });

    it('a negative factor is a number, not half of an operator', async () => {
      expect(await run(() => scale(floats([2], [1, -2]), -1))).toEqual([-1, 2]);
      expect(await run(() => softmax(floats([2], [1, 1]), { scale: -1 }))).toEqual([0.5, 0.5]);
    });

    it('a result is not overwritten by the next one of its kernel, nor fed to itself', async () => {
      const [a, b] = scope(() => [scale(floats([3], [1, 2, 3]), 2), scale(floats([3], [4, 5, 6]), 2)]);
      const c = scope(() => scale(scale(a, 2), 2));
      expect([...(await a.readFloats()), ...(await b.readFloats()), ...(await c.readFloats())]).toEqual([
        2, 4, 6, 8, 10, 12, 8, 16, 24,
      ]);
      for (const t of [a, b, c]) t.dispose();
    });

    it('a kernel that is given up takes nothing from the others: a small upload behind a large one', async () => {
      const small = (first: number) =>
        floats(
          [300],
          Array.from({ length: 300 }, (_, i) => first + i),
        );
      const large = (first: number) =>
        floats(
          [100_003],
          Array.from({ length: 100_003 }, (_, i) => first + i),
        );
      const all = [small(1), large(2), small(3), large(4), small(5)];
      for (const [i, x] of all.entries()) {
        const values = await x.readFloats();
        expect(values.findIndex((v, n) => v !== i + 1 + n)).toBe(-1);
        expect((await run(() => scale(x, 2)))[299]).toBe(2 * (i + 300));
      }
      for (const x of all) x.dispose();
    });

    it.runIf(mode !== 'webasm' && mode !== 'cpu')(
      'what a kernel has computed outlives it, the first result too',
      async () => {
        const gpuJs = await loadGpuJs();
        const gpu = openGpu(gpuJs, mode);
        const kernels = new KernelCache(gpuJs, gpu, mode, 2);
        const times = (factor: number) => ({
          source: `function (x) { return ${factor} * x[this.thread.y][this.thread.x]; }`,
          settings: { output: [3, 1], pipeline: true, immutable: true },
        });
        const run = (factor: number, x: unknown) => kernels.run(`times ${factor}`, () => times(factor), [x]);
        const input = (...x: number[]) => new gpuJs.Input(Float32Array.from(x), [3, 1]);
        const results = [await run(2, input(1, 2, 3)), await run(2, input(4, 5, 6))];
        for (const factor of [3, 5, 7, 9]) await run(factor, input(7, 8, 9));
        const read = { source: times(1).source, settings: { output: [3, 1] } };
        for (const [i, result] of results.entries()) {
          const rows = await kernels.run('read', () => read, [result]);
          expect(rows).toEqual([Float32Array.from([2, 4, 6].map((v) => v + 6 * i))]);
        }
        kernels.dispose();
        closeGpu(gpuJs, mode, gpu, false);
      },
    );

    it('one tensor is two arguments in two shapes', async () => {
      const w = floats([2, 2], [1, 2, 3, 4]);
      expect(await run(() => add(w, linear(w, w, undefined, '[in, out]')))).toEqual([8, 12, 18, 26]);
      w.dispose();
    });

    it('more backends than a page has contexts: all of them compute, the first one too', async () => {
      const many = await Promise.all(Array.from({ length: 20 }, () => gpuBackend({ mode })));
      const values: number[] = [];
      for (const each of [...many, backend]) {
        const y = scope(() => scale(tensor([1, 2], { backend: each }), 3));
        values.push(...(await y.readFloats()));
        y.dispose();
      }
      expect(values).toEqual(Array.from({ length: 21 }, () => [3, 6]).flat());
      for (const each of many) each.dispose();
      expect(await run(() => scale(floats([1], [5]), 2))).toEqual([10]);
    });
  });
}
