import { sizeOf } from '../../tensor/shape.ts';
import type { GpuKernel } from './desk.ts';
import { colsOf, rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/** One chain over the positions that there are; the room behind them is not looked at. */
export const mix: GpuKernel<undefined> = (desk, [pattern, values], _attrs, [y]) => {
  if (pattern === undefined || values === undefined) return [];
  const [, , T, S] = pattern.shape;
  const E = colsOf(y.shape);
  const p = desk.seeRows(pattern);
  const source = `function (p, values, n) {
    const at = Math.floor((${row} + 0.5) / ${T}) * ${E} + ${column};
    let s = 0;
    for (let i = 0; i < ${p.cols}; i++) { if (i >= n) { break; } s = s + p[${row}][i] * values[i][at]; }
    return s; }`;
  const args = [p, desk.see(values, sizeOf(values.shape.slice(1))), S];
  return [desk.store(desk.launch({ source, cols: E, rows: rowsOf(y.shape), args }), y)];
};
