import { axisOf, sizeOf } from '../../tensor/shape.ts';
import type { Block } from './block.ts';
import type { GpuKernel } from './desk.ts';
import { colsOf } from './storage.ts';
import { at, column, row, unfold } from './unfold.ts';

/** Along any axis but the first, a tensor with room to grow keeps it: the rows of a cache are picked at any length by one kernel. */
export const gather: GpuKernel<{ readonly axis: number; readonly indices: ArrayLike<number> }> = (
  desk,
  [x],
  { axis, indices },
  [y],
) => {
  if (x === undefined) return [];
  const i = axisOf(axis, x.shape.length, 'gather');
  const last = i === x.shape.length - 1;
  const inner = sizeOf(x.shape.slice(1));
  const [block]: readonly (Block | undefined)[] = x.storage.blocks;
  const roomy = i > 0 && x.storage.plain && block !== undefined;
  const shape = roomy ? y.shape.with(0, Math.floor(block.elements / inner)) : y.shape;
  const leading = shape.slice(0, -1);
  const { code, names } = unfold(row, leading, 'y');
  const from = last ? undefined : `list[0][${names[i]}]`;
  const steps = names.map((name, n): [string, number] => [
    n === i && from !== undefined ? from : name,
    sizeOf(x.shape.slice(n + 1, -1)),
  ]);
  const source = `function (x, list) { ${code}return x[${at(steps)}][${last ? `list[0][${column}]` : column}]; }`;
  const args = [desk.see(x), { values: Float32Array.from(indices), cols: indices.length }];
  const rows = sizeOf(leading);
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows, args }), y)];
};
