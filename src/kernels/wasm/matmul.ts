import { sizeOf } from '../../tensor/shape.ts';
import { eachRow } from '../host.ts';
import type { MatmulOptions } from '../matmul.ts';
import type { Kernel } from './kernel.ts';
import type { Machine } from './machine.ts';
import { multiply, packFloats } from './multiply.ts';

/** Every pair of matrices as a linear layer: b is packed for the call, aᵀ is written out. */
export const matmul: Kernel<Required<MatmulOptions>> = (m, [a, b], { transposeA, transposeB }, [y]) => {
  if (a === undefined || b === undefined || sizeOf(y.shape) === 0) return;
  const [M, N] = y.shape.slice(-2);
  const K = a.shape.at(transposeA ? -2 : -1) ?? 0;
  const [left, right] = [m.floats(a), m.floats(b)];
  const pairs = [...y.shape.slice(0, -2), 1];
  const shapes = [a, b].map((side) => [...side.shape.slice(0, -2), 1]);
  eachRow(pairs, shapes, (pair, [i, j]) => {
    const x = left + 4 * i * M * K;
    const w = packFloats(m, right + 4 * j * K * N, N, K, transposeB ? '[out, in]' : '[in, out]');
    multiply(m, {
      x: transposeA ? transposed(m, x, K, M) : x,
      w,
      kind: 0,
      bias: 0,
      y: y.at + 4 * pair * M * N,
      M,
      N,
      K,
    });
  });
};

/** [rows columns] → [columns rows], for the op at work. */
function transposed(m: Machine, from: number, rows: number, columns: number): number {
  const to = m.lend(4 * rows * columns);
  m.kernels.move(from, to, 1, columns, rows, 0, 4, 4 * columns, 4);
  return to;
}
