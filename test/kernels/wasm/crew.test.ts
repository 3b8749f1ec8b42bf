/** Threads split a kernel by its outputs: their number changes no bit. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/errors.ts';
import { add } from '../../../src/kernels/add.ts';
import { attentionScores } from '../../../src/kernels/attention-scores.ts';
import { gelu } from '../../../src/kernels/gelu.ts';
import { layerNorm } from '../../../src/kernels/layer-norm.ts';
import { linear } from '../../../src/kernels/linear.ts';
import { mix } from '../../../src/kernels/mix.ts';
import { softmax } from '../../../src/kernels/softmax.ts';
import { createWasmBackend } from '../../../src/kernels/wasm/create.ts';
import { Crew } from '../../../src/kernels/wasm/crew.ts';
import { buildFor, instantiate } from '../../../src/kernels/wasm/engine.ts';
import { divisible } from '../../../src/kernels/wasm/kernels.ts';
import { Machine } from '../../../src/kernels/wasm/machine.ts';
import { WasmBackend } from '../../../src/kernels/wasm/wasm-backend.ts';
import { narrow } from '../../../src/tensor/floats.ts';
import { scope } from '../../../src/tensor/scope.ts';
import { type Shape, sizeOf } from '../../../src/tensor/shape.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { quantise, upload } from '../../../src/tensor/upload.ts';
import { runs } from '../../seed.ts';
import { type Team, teamOf } from './team.ts';

// A page must be isolated for its memory to be shared; the tests' page is not.
describe.skipIf(globalThis.crossOriginIsolated === false)('threads', () => {
  let teams: Team[] = [];
  beforeAll(async () => {
    teams = await Promise.all([1, 2, 3, 4].map(teamOf));
  });
  afterAll(() => {
    for (const { backend } of teams) backend.dispose();
  });

  /** What every team makes of the same numbers, as bits. */
  const bitsOf = (make: (of: (shape: Shape, seed: number, dtype?: 'F32' | 'F16' | 'BF16') => Tensor) => Tensor) =>
    teams.map(({ backend }) =>
      scope(() => {
        const of = (shape: Shape, seed: number, dtype: 'F32' | 'F16' | 'BF16' = 'F32') => {
          const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + i * 0.7));
          return upload(backend, narrow(data, dtype), { dtype, shape }, seed === 1 ? 'linear [out, in]' : 'activation');
        };
        const y = make(of).peek();
        return Array.from(new Uint32Array(y.buffer.slice(y.byteOffset, y.byteOffset + y.byteLength)));
      }),
    );

  it('1, 2, 3 and 4 of them give the same bits of a linear layer', () => {
    const sizes = fc.record({
      M: fc.integer({ min: 1, max: 9 }),
      K: fc.integer({ min: 1, max: 60 }),
      N: fc.integer({ min: 1, max: 150 }),
      dtype: fc.constantFrom('F32' as const, 'F16' as const, 'BF16' as const),
    });
    fc.assert(
      fc.property(sizes, ({ M, K, N, dtype }) => {
        const [one, ...more] = bitsOf((of) => linear(of([M, K], 0), of([N, K], 1, dtype), of([N], 2), '[out, in]'));
        for (const bits of more) expect(bits).toEqual(one);
      }),
      runs(40),
    );
  });

  it.each(['Q8', 'Q4'] as const)('1, 2, 3 and 4 of them give the same bits of a linear layer in %s', (dtype) => {
    const sizes = fc.tuple(...[9, 150, 150].map((max) => fc.integer({ min: 1, max })));
    fc.assert(
      fc.property(sizes, ([M, K, N]) => {
        const all = teams.map(({ backend }) =>
          scope(() => {
            const wave = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7));
            const w = quantise(backend, wave(N * K), { dtype, shape: [N, K] }, 'linear [out, in]');
            const x = upload(backend, wave(M * K), { dtype: 'F32', shape: [M, K] });
            return [...linear(x, w, undefined, '[out, in]').peek()];
          }),
        );
        for (const y of all) expect(y).toEqual(all[0]);
      }),
      runs(30),
    );
  });

  it('1, 2, 3 and 4 of them give the same bits of attention', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(sizes, ([B, H, T, S, E]) => {
        const [one, ...more] = bitsOf((of) => {
          const scores = attentionScores(of([B, H, T, E], 0), of([S, B, H, E], 2), 0.5);
          return mix(scores, of([S, B, H, E], 3));
        });
        for (const bits of more) expect(bits).toEqual(one);
      }),
      runs(40),
    );
  });

  it('1, 2, 3 and 4 of them give the same bits of softmax, norms, sums and activations', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 40 }), fc.boolean(), ([B, H, T], n, causal) => {
        const [one, ...more] = bitsOf((of) => {
          const [x, y] = [of([B, H, T, n], 0), of([1, H, 1, n], 2)];
          const pattern = softmax(x, { bias: of([1, H, T, n], 3), past: causal ? 1 : undefined });
          return add(layerNorm(add(gelu(x, { form: 'tanh' }), y), of([n], 4), of([n], 5), { eps: 1e-5 }), pattern);
        });
        for (const bits of more) expect(bits).toEqual(one);
      }),
      runs(40),
    );
  });

  it('hand out a thousand jobs one behind the other', () => {
    const { backend } = teams[2];
    scope(() => {
      const w = upload(backend, Float32Array.of(0, 1, 1, 0), { dtype: 'F32', shape: [2, 2] });
      const x = upload(backend, Float32Array.of(3, 4), { dtype: 'F32', shape: [1, 2] });
      for (let i = 0; i < 500; i++) {
        const back = scope(() => linear(linear(x, w, undefined, '[out, in]'), w, undefined, '[out, in]'));
        expect([...back.peek()]).toEqual([3, 4]);
        back.dispose();
      }
    });
  });

  it('that do not come up are told, and the one that is here does the work', async () => {
    const build = await buildFor({ shared: true });
    if (typeof build === 'string') throw new Error(build);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const crew = new Crew(2, divisible);
    crew.equip(build.module, new WebAssembly.Memory({ initial: 1 })); // not shared: refused
    const machine = new Machine(await instantiate(build.module, memory), memory, { crew, worthwhile: 0 });
    const backend = new WasmBackend(machine, { name: 'wasm', threads: 2, simd: 'simd', notes: [] });
    const x = upload(backend, Float32Array.of(2), { dtype: 'F32', shape: [1, 1] });
    for (let i = 0; i < 50 && backend.info.threads === 2; i++) {
      expect([...linear(x, x, undefined, '[out, in]').peek()]).toEqual([4]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(backend.info.threads).toBe(1);
    expect(backend.info.notes[0]).toMatch(/^no other thread could be started: /);
    backend.dispose();
  });
});

/** A kernel that loops for ever. */
const hanging = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 2, 127, 127, 0], //   type (i32 i32)
  ...[2, 16, 1, 3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 3, 1, 1], // import env.memory shared 1 1
  ...[3, 2, 1, 0, 7, 8, 1, 4, 119, 97, 105, 116, 0, 0], //             function 0 exported as wait
  ...[10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11], //                       loop br 0
]);

// A page may not sleep: there the same would keep both cores busy.
it.skipIf(globalThis.crossOriginIsolated !== undefined)('a thread that does not come back is given up', async () => {
  const module = new WebAssembly.Module(hanging);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const crew = new Crew(2, ['wait'], { longest: 200 });
  crew.equip(module, memory);
  while (!crew.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  let own = 0;
  const work = () =>
    crew.run('wait', [], 2, () => {
      const until = performance.now() + 100; // the other part is the helper's
      while (performance.now() < until) own++;
    });
  expect(work).toThrow('a thread has not done its part for 0.2 s');
  expect(own).toBeGreaterThan(0);
  expect(crew.ready).toBe(false);
  expect(crew.failure).toBe('one thread, because another did not come back');
});

describe('createWasmBackend', () => {
  it('says how many threads it has', async () => {
    const backend = await createWasmBackend({ threads: 1 });
    expect(backend.info.threads).toBe(1);
    backend.dispose();
  });

  it.each([0, 65, 1.5, NaN])('threads %s is an error', async (threads) => {
    await expect(createWasmBackend({ threads })).rejects.toThrow(OptionError);
    await expect(createWasmBackend({ threads })).rejects.toThrow('"threads" must be a whole number from 1 to 64');
  });

  it.each(['v8Flags', 'atOnce'])('%s that is neither true nor false is an error', async (name) => {
    const untyped: object = { [name]: 'no' };
    await expect(createWasmBackend(untyped)).rejects.toThrow(`"${name}" must be true or false, got "no"`);
  });
});
