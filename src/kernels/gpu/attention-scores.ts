import { sizeOf } from '../../tensor/shape.ts';
import { rowsOf as rowsOfArg } from './block.ts';
import type { GpuKernel } from './desk.ts';
import { chain } from './linear.ts';
import { rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/** Rows of scores are as long as the keys have room for, so that a longer cache needs no other kernel. */
export const attentionScores: GpuKernel<{ readonly scale: number }> = (desk, [q, keys], { scale }, [y]) => {
  if (q === undefined || keys === undefined) return [];
  const [, , T, E] = q.shape;
  const seen = desk.see(keys, sizeOf(keys.shape.slice(1))); //                                 [room B·H·E]
  const pitch = rowsOfArg(seen);
  const source = `function (q, keys, scale, n) {
    if (${column} >= n) { return 0; }
    const at = Math.floor((${row} + 0.5) / ${T}) * ${E};
    ${chain(E, (e) => `q[${row}][${e}] * keys[${column}][at + ${e}]`)}
    return s * scale; }`;
  const args = [desk.see(q), seen, scale, keys.shape[0]];
  return [desk.store(desk.launch({ source, cols: pitch, rows: rowsOf(y.shape), args }), y, pitch)];
};
