import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../../src/kernels/create.ts';
import type { Shape } from '../../src/tensor/shape.ts';

const counted = (shape: Shape) => {
  const size = shape.reduce((n, m) => n * m, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => i),
    { shape },
  );
};

describe('printTensor', () => {
  it('aligns numbers and nests brackets', () => {
    expect(`${tensor([[1, -2.5], [1 / 3, 1e-9]])}`).toBe('Tensor F32 [2, 2]\n[[      1,    -2.5],\n [0.33333,    1e-9]]'); // biome-ignore format: a matrix
  });

  it('cuts long axes in the middle', () => {
    expect(`${counted([8])}`).toBe('Tensor F32 [8]\n[0, 1, 2, …, 5, 6, 7]');
    expect(`${counted([7])}`).toBe('Tensor F32 [7]\n[0, 1, 2, 3, 4, 5, 6]');
    expect(`${counted([9, 1])}`).toBe('Tensor F32 [9, 1]\n[[0],\n [1],\n [2],\n …,\n [6],\n [7],\n [8]]');
  });

  it('separates the matrices of a batch', () => {
    expect(`${counted([2, 1, 2])}`).toBe('Tensor F32 [2, 1, 2]\n[[[0, 1]],\n [[2, 3]]]');
  });

  it.each([
    [tensor(3), 'Tensor F32 []\n3'],
    [zeros([2, 0]), 'Tensor F32 [2, 0] (empty)'],
    [tensor([true, false]), 'Tensor BOOL [2]\n[ true, false]'],
    [tensor([2n ** 60n]), 'Tensor I64 [1]\n[1152921504606846976]'],
    [tensor([0.1, -0], { dtype: 'F16' }), 'Tensor F16 [2]\n[0.099976,       -0]'],
    [tensor([NaN, Infinity, -Infinity]), 'Tensor F32 [3]\n[      NaN,  Infinity, -Infinity]'],
    [tensor([-3], { dtype: 'I8' }), 'Tensor I8 [1]\n[-3]'],
  ])('prints %s', (x, text) => {
    expect(x.toString()).toBe(text);
    expect(inspect(x)).toBe(text);
  });

  it('a large tensor costs no more than what is shown', () => {
    expect(`${counted([1000, 1000])}`.length).toBeLessThan(500);
  });
});
