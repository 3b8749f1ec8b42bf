import type { Backend } from '../tensor/backend.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';

/** One row a sequence: 1 at real columns, 0 at padding. Undefined where there is no padding at all. */
export type Mask = readonly Uint8Array[] | undefined;

/** A mask for the keys of attention, [B 1 1 S]; undefined when nothing is masked, so that nothing is spent on it. */
export function keyMask(backend: Backend, mask: Mask): Tensor | undefined {
  if (mask === undefined || mask.every((row) => row.every((bit) => bit === 1))) return undefined;
  const [B, S] = [mask.length, mask[0].length];
  const data = new Uint8Array(B * S);
  mask.forEach((row, b) => {
    data.set(row, b * S);
  });
  return upload(backend, data, { dtype: 'U8', shape: [B, 1, 1, S] });
}

/**
 * Positions of the columns [past, past + T) of each row, [B T]: how many real tokens stand before them; 0 at padding.
 * So a left-padded row has the positions it has alone.
 */
export function positions(backend: Backend, mask: Mask, B: number, past: number, T: number): Tensor {
  const data = new Int32Array(B * T);
  for (let b = 0; b < B; b++) {
    let count = 0;
    for (let column = 0; column < past + T; column++) {
      const real = mask === undefined || mask[b][column] === 1;
      if (real && column >= past) data[b * T + column - past] = count;
      if (real) count++;
    }
  }
  return upload(backend, data, { dtype: 'I32', shape: [B, T] });
}
