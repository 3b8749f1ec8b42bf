import { broadcastStrides, type Shape } from '../../tensor/shape.ts';
import type { MatmulOptions } from '../matmul.ts';
import type { GpuKernel } from './desk.ts';
import { chain } from './linear.ts';
import { colsOf, rowsOf } from './storage.ts';
import { at, column, row, unfold } from './unfold.ts';

/** As linear, for every pair of matrices of the batch. */
export const matmul: GpuKernel<Required<MatmulOptions>> = (desk, [a, b], { transposeA, transposeB }, [y]) => {
  if (a === undefined || b === undefined) return [];
  const [M, N] = y.shape.slice(-2);
  const K = a.shape.at(transposeA ? -2 : -1) ?? 0;
  const batch = y.shape.slice(0, -2);
  const { code, names } = unfold(row, [...batch, M], 'y');
  const m = names[names.length - 1];
  /** Row at which the matrix of this thread begins; its last axis is the columns. */
  const begin = (shape: Shape, height: number): [string, number][] => {
    const steps = broadcastStrides(shape.slice(0, -2), batch);
    return steps.map((step, i) => [names[i], step * height]);
  };
  const [aRows, bRows] = [transposeA ? K : M, transposeB ? N : K];
  const left = (k: string): string => {
    const own = begin(a.shape, aRows);
    return transposeA ? `a[${at(own, k)}][${m}]` : `a[${at([...own, [m, 1]])}][${k}]`;
  };
  const right = (k: string): string => {
    const own = begin(b.shape, bRows);
    return transposeB ? `b[${at([...own, [column, 1]])}][${k}]` : `b[${at(own, k)}][${column}]`;
  };
  const source = `function (a, b) { ${code}${chain(K, (k) => `${left(k)} * ${right(k)}`)} return s; }`;
  const args = [desk.see(a), desk.see(b)];
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y)];
};
