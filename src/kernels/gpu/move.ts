import { type Shape, type Spec, sizeOf } from '../../tensor/shape.ts';
import type { Desk, GpuKernel } from './desk.ts';
import { colsOf, type GpuStorage, type Placed, rowsOf } from './storage.ts';
import { at, column, row, unfold } from './unfold.ts';

/** An axis of what is written, and its steps through the rows and columns of what is read. */
interface Axis {
  readonly size: number;
  readonly row: number;
  readonly col: number;
}

/** What is read: axes behind the rows of the result, axes behind its columns, and where the first element stands. */
interface Path {
  readonly rows: readonly Axis[];
  readonly cols: readonly Axis[];
  readonly row?: number;
  readonly col?: number;
}

/** The elements of x along a path. Where that is the order in which they lie already, the result is x's own block. */
function moved(desk: Desk, x: Placed, { rows, cols, row: firstRow = 0, col: firstCol = 0 }: Path, y: Spec): GpuStorage {
  const { storage, shape } = x;
  const width = colsOf(shape);
  const whole = storage.plain && firstRow === 0 && firstCol === 0;
  if (whole && sizeOf(y.shape) <= sizeOf(shape) && inOrder([...rows, ...cols], width)) return desk.share(x, y);
  const sizesOf = (axes: readonly Axis[]): number[] => axes.map(({ size }) => size);
  const [ys, xs] = [unfold(row, sizesOf(rows), 'y'), unfold(column, sizesOf(cols), 'x')];
  const step = (way: 'row' | 'col'): [string, number][] => [
    ...rows.map((axis, i): [string, number] => [ys.names[i], axis[way]]),
    ...cols.map((axis, i): [string, number] => [xs.names[i], axis[way]]),
  ];
  const source = `function (x) { ${ys.code}${xs.code}return x[${at(step('row'), firstRow)}][${at(step('col'), firstCol)}]; }`;
  const args = [desk.see(x)];
  return desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y);
}

function inOrder(axes: readonly Axis[], width: number): boolean {
  let step = 1;
  for (const axis of axes.toReversed()) {
    if (axis.size === 1) continue;
    if (axis.row * width + axis.col !== step) return false;
    step *= axis.size;
  }
  return true;
}

/** The axes of a row-major shape, the last one along the columns. */
function axesOf(shape: Shape): Axis[] {
  return shape.map((size, i) =>
    i === shape.length - 1 ? { size, row: 0, col: 1 } : { size, row: sizeOf(shape.slice(i + 1, -1)), col: 0 },
  );
}

export const transpose: GpuKernel<{ readonly axes: readonly number[] }> = (desk, [x], { axes }, [y]) => {
  if (x === undefined) return [];
  const own = axesOf(x.shape);
  const order = axes.map((axis) => own[axis]);
  return [moved(desk, x, { rows: order.slice(0, -1), cols: order.slice(-1) }, y)];
};

export const slice: GpuKernel<{ readonly axis: number; readonly begin: number }> = (
  desk,
  [x],
  { axis, begin },
  [y],
) => {
  if (x === undefined) return [];
  const axes = axesOf(x.shape).map((each, i) => ({ ...each, size: y.shape[i] }));
  const first = axes[axis];
  const path = { rows: axes.slice(0, -1), cols: axes.slice(-1), row: begin * first.row, col: begin * first.col };
  return [moved(desk, x, path, y)];
};

/** The elements of x [rows cols] from `offset` on, in another shape. */
export function part(desk: Desk, x: Placed, offset: number, y: Spec): GpuStorage {
  const size = sizeOf(y.shape);
  const cols = divisor(divisor(offset, size), colsOf(y.shape));
  const source = `function (x, begin) { return x[${row} + begin][${column}]; }`;
  const args = [desk.see(x, cols), offset / cols];
  return desk.store(desk.launch({ source, cols, rows: size / cols, args }), y);
}

/** The greatest common divisor; that of 0 and n is n. */
function divisor(a: number, b: number): number {
  return a === 0 ? b : divisor(b % a, a);
}

/** [B T parts·H·E] → parts × [B H T E]. */
export const splitHeads: GpuKernel<{ readonly heads: number; readonly parts: number }> = (
  desk,
  [x],
  _attrs,
  outputs,
) => {
  if (x === undefined) return [];
  return outputs.map((y, part) => {
    const [B, H, T, E] = y.shape;
    const rows = [{ size: B, row: T, col: 0 }, { size: H, row: 0, col: E }, { size: T, row: 1, col: 0 }]; // biome-ignore format: one line
    return moved(desk, x, { rows, cols: [{ size: E, row: 0, col: 1 }], col: part * H * E }, y);
  });
};

/** [B H T E] → [B T H·E]. */
export const mergeHeads: GpuKernel<undefined> = (desk, [x], _attrs, [y]) => {
  if (x === undefined) return [];
  const [B, H, T, E] = x.shape;
  const rows = [{ size: B, row: H * T, col: 0 }, { size: T, row: 1, col: 0 }]; // biome-ignore format: one line
  const cols = [{ size: H, row: T, col: 0 }, { size: E, row: 0, col: 1 }]; // biome-ignore format: one line
  return [moved(desk, x, { rows, cols }, y)];
};
