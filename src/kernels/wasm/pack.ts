import type { Dtype, HostArray } from '../../tensor/dtype.ts';
import { narrow } from '../../tensor/floats.ts';
import type { Machine } from './machine.ts';
import type { Packed } from './storage.ts';

/**
 * Packs floats that lie in the memory: rows `row` … `row + count` as they are stored, outputs (a multiple of 32 before them)
 * or inputs.
 */
export function pack(
  m: Machine,
  from: number,
  to: number,
  { N, K, kind, layout }: Packed,
  row: number,
  count: number,
): void {
  const wide = kind === 0;
  if (layout === '[in, out]') {
    m.divide(products * count * N, wide ? 'packColumns32' : 'packColumns16', from, to, count, N, K, row);
  } else {
    const panel = to + row * K * (wide ? 4 : 2);
    m.divide(products * count * K, wide ? 'packRows32' : 'packRows16', from, panel, count, K);
  }
}

/** Packing an element takes about as long as so many products. */
export const products = 16;

/** A packed weight as the row-major array it was made of; a copy. */
export function unpack(m: Machine, at: number, { N, K, kind, layout }: Packed, dtype: Dtype): HostArray {
  const stored = kind === 0 ? 'F32' : dtype;
  const panels = m.view(at, stored, Math.ceil(N / 32) * 32 * K);
  const [nStep, kStep] = layout === '[out, in]' ? [K, 1] : [1, N];
  const data = kind === 0 ? new Float32Array(N * K) : new Uint16Array(N * K);
  for (let n = 0; n < N; n++) {
    const begin = (n - (n % 32)) * K + (n % 32);
    for (let k = 0; k < K; k++) data[n * nStep + k * kStep] = Number(panels[begin + k * 32]);
  }
  return data instanceof Float32Array && (dtype === 'F16' || dtype === 'BF16') ? narrow(data, dtype) : data;
}
