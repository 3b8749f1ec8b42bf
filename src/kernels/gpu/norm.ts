import type { NormOptions } from '../norm.ts';
import type { NormScaleOptions } from '../norm-scale.ts';
import type { Block, Values, View } from './block.ts';
import type { Desk, GpuKernel } from './desk.ts';
import { colsOf, type Placed, rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/** The mean of every row, [rows 1]. */
function meanOf(desk: Desk, x: Placed): Block {
  const D = colsOf(x.shape);
  const source = `function (x) { let s = 0; for (let i = 0; i < ${D}; i++) { s = s + x[${row}][i]; } return s / ${D}; }`;
  return desk.launch({ source, cols: 1, rows: rowsOf(x.shape), args: [desk.see(x)] });
}

/** √(Σ (x − mean)² / D + eps) of every row, [rows 1]. */
function rootOf(desk: Desk, x: Placed, mean: Block | undefined, eps: number): Block {
  const D = colsOf(x.shape);
  const centre = mean === undefined ? '' : `const m = mean[${row}][0];`;
  const source = `function (x, eps${mean === undefined ? '' : ', mean'}) { let s = 0; ${centre}
    for (let i = 0; i < ${D}; i++) { const d = x[${row}][i]${mean === undefined ? '' : ' - m'}; s = s + d * d; }
    return Math.sqrt(s / ${D} + eps); }`;
  const args = [desk.see(x), eps, ...(mean === undefined ? [] : [{ block: mean, cols: 1 }])];
  return desk.launch({ source, cols: 1, rows: rowsOf(x.shape), args });
}

export const layerNorm: GpuKernel<NormOptions> = (desk, [x, gain, shift], { eps }, [y]) => {
  if (x === undefined || gain === undefined || shift === undefined) return [];
  const mean = meanOf(desk, x);
  const root = rootOf(desk, x, mean, eps);
  const source = `function (x, mean, root, gain, shift) {
    return (x[${row}][${column}] - mean[${row}][0]) / root[${row}][0] * gain[0][${column}] + shift[0][${column}]; }`;
  const args = [desk.see(x), single(mean), single(root), desk.see(gain), desk.see(shift)];
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y)];
};

export const rmsNorm: GpuKernel<NormOptions> = (desk, [x, gain], { eps }, [y]) => {
  if (x === undefined || gain === undefined) return [];
  const root = rootOf(desk, x, undefined, eps);
  const source = `function (x, root, gain) { return x[${row}][${column}] / root[${row}][0] * gain[0][${column}]; }`;
  const args = [desk.see(x), single(root), desk.see(gain)];
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y)];
};

export const normScale: GpuKernel<NormScaleOptions> = (desk, [x], { eps, centred }, [y]) =>
  x === undefined ? [] : [desk.store(rootOf(desk, x, centred ? meanOf(desk, x) : undefined, eps), y)];

const single = (block: Block): View | Values => ({ block, cols: 1 });
