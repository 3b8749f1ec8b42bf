/** Tensors compared bit by bit: −0 is not 0 here. */
import { expect } from 'vitest';
import { concat } from '../../src/kernels/concat.ts';
import { slice } from '../../src/kernels/slice.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

export async function bits(tensor: Tensor): Promise<Uint32Array> {
  return new Uint32Array((await tensor.readFloats()).buffer);
}

export async function expectSameBits(got: Tensor, want: Tensor): Promise<void> {
  expect(got.shape).toEqual(want.shape);
  expect(await bits(got)).toEqual(await bits(want));
}

/** Columns [from, to) of [B T …]. */
export function columns(tensor: Tensor, from: number, to: number): Tensor {
  return slice(tensor, 1, from, to);
}

/** One sequence of [B T …], without the columns before `from`. */
export function rowOf(tensor: Tensor, b: number, from = 0, to = tensor.shape[1]): Tensor {
  return columns(slice(tensor, 0, b, b + 1), from, to);
}

/** Pieces [B tᵢ …] side by side. */
export function joined(pieces: readonly Tensor[]): Tensor {
  return concat(pieces, 1);
}
