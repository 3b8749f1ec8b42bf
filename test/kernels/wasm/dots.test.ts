/** Which form of the products of bytes is taken: by a clock, and never one that is wrong. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { prefersWideDots } from '../../../src/kernels/wasm/dots.ts';
import { buildFor, instantiate } from '../../../src/kernels/wasm/engine.ts';
import type { Kernels } from '../../../src/kernels/wasm/kernels.ts';
import { begin } from '../../../src/kernels/wasm/machine.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
let kernels: Kernels;
/** What the clock says: it moves by what the kernels take, and a little whenever it is asked. */
let now = 0;

beforeEach(async () => {
  const build = await buildFor();
  if (typeof build === 'string') throw new Error(build);
  kernels = await instantiate(build.module, memory);
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 1e-4;
    return now;
  });
});

afterEach(() => vi.restoreAllMocks());

/** The kernel with a duration for either form. */
const lasting =
  (narrow: number, wide: number): Kernels['gemm8'] =>
  (...args) => {
    kernels.gemm8(...args);
    now += args[8] === 1 ? wide : narrow;
  };

describe('dots in i32', () => {
  it.each([
    ['take half the time', 0.004, 0.002, true],
    ['take twice the time', 0.002, 0.004, false],
    ['take half the time, by a clock of a page', 0.04, 0.02, true],
  ])('%s: preferred %#', (_case, narrow, wide, preferred) => {
    expect(prefersWideDots({ gemm8: lasting(narrow, wide) }, memory, begin, false)).toBe(preferred);
  });

  it('are never preferred where a compiler gets them wrong', () => {
    const gemm8: Kernels['gemm8'] = (...args) => {
      lasting(0.004, 0.002)(...args);
      if (args[8] === 1) new Float32Array(memory.buffer, args[3], 1)[0] = 0;
    };
    expect(prefersWideDots({ gemm8 }, memory, begin, false)).toBe(false);
  });

  it.each([false, true])('are compared in the tiles that the products will have, for pairs: %s', (paired) => {
    const forms = new Set<number>();
    const gemm8: Kernels['gemm8'] = (...args) => {
      forms.add(args[9]);
      lasting(0.004, 0.002)(...args);
    };
    prefersWideDots({ gemm8 }, memory, begin, paired);
    expect([...forms]).toEqual([paired ? 1 : 0]);
  });

  it('are compared in the first page of a memory', () => {
    const ends: number[] = [];
    const gemm8: Kernels['gemm8'] = (...args) => {
      const [, , , , room, M] = args;
      ends.push(room + 128 * M);
      lasting(0.004, 0.002)(...args);
    };
    prefersWideDots({ gemm8 }, memory, begin, false);
    expect(Math.max(...ends)).toBeLessThan(65536 - 16384);
  });
});
