/** More threads than processors, and jobs in few parts and in many: a helper that comes late to one does no harm. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linear } from '../../src/kernels/linear.ts';
import { softmax } from '../../src/kernels/softmax.ts';
import { scope } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { upload } from '../../src/tensor/upload.ts';
import { type Team, teamOf } from '../kernels/wasm/team.ts';

const K = 96;
const sizes = [1, 33, 500, 8000]; // 8 parts, and 26 of nine rows of the last
const wave = (size: number, by: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(by + i * 0.37));

describe('eight threads', () => {
  let team: Team;
  let one: Team;
  beforeAll(async () => {
    [team, one] = await Promise.all([teamOf(8), teamOf(1)]);
  });
  afterAll(() => {
    for (const { backend } of [team, one]) backend.dispose();
  });

  /** Products and softmaxes of all sizes, in many parts and in few. */
  function jobsOn({ backend }: Team): (() => Tensor)[] {
    return sizes.flatMap((N) => {
      const w = upload(backend, wave(N * K, N), { dtype: 'F32', shape: [N, K] }, 'linear [out, in]');
      return [1, 9].map((M) => {
        const x = upload(backend, wave(M * K, M), { dtype: 'F32', shape: [M, K] });
        return () => softmax(linear(x, w, undefined, '[out, in]'));
      });
    });
  }

  it('give the bits of one, four thousand times', () => {
    const want = jobsOn(one).map((job) => scope(() => job().peek().slice()));
    const jobs = jobsOn(team);
    let wrong = 0;
    for (let i = 0; i < 4_000; i++) {
      const at = (i * 7 + (i >> 4)) % jobs.length;
      scope(() => {
        const got = jobs[at]().peek();
        wrong += got.every((value, k) => value === want[at][k]) ? 0 : 1;
      });
    }
    expect(wrong).toBe(0);
  });
});
