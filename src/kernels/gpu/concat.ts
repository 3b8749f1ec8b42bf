import { axisOf, sizeOf } from '../../tensor/shape.ts';
import type { Block, Values, View } from './block.ts';
import type { GpuKernel } from './desk.ts';
import { colsOf, rowsOf } from './storage.ts';
import { at, column, row, unfold } from './unfold.ts';

/** Two by two from the left. */
export const concat: GpuKernel<{ readonly axis: number }> = (desk, inputs, { axis }, [y]) => {
  const xs = inputs.filter((x) => x !== undefined).filter(({ shape }) => sizeOf(shape) > 0);
  const i = axisOf(axis, y.shape.length, 'concat');
  if (xs.length === 1) return [desk.share(xs[0], y)];
  let [left, size]: [View | Values, number] = [desk.see(xs[0]), xs[0].shape[i]];
  let joined: Block | undefined;
  for (const x of xs.slice(1)) {
    const shape = y.shape.with(i, size + x.shape[i]);
    const { code, names } = unfold(row, shape.slice(0, -1), 'y');
    const last = i === shape.length - 1;
    const index = last ? column : names[i];
    // Both are read, so both indices must lie inside: the modes on the host do not check them.
    const place = (name: string, own: readonly number[], index: string): string => {
      const rows = names.map((each, n): [string, number] => [n === i ? index : each, sizeOf(own.slice(n + 1, -1))]);
      return `${name}[${at(rows)}][${last ? index : column}]`;
    };
    const source = `function (a, b) { ${code}const i = Math.floor(${index} + 0.5);
      const ai = Math.min(i, ${size - 1});
      const bi = Math.max(i - ${size}, 0);
      let v = ${place('a', y.shape.with(i, size), 'ai')};
      if (i >= ${size}) { v = ${place('b', x.shape, 'bi')}; }
      return v; }`;
    joined = desk.launch({ source, cols: colsOf(shape), rows: rowsOf(shape), args: [left, desk.see(x)] });
    [left, size] = [{ block: joined, cols: colsOf(shape) }, size + x.shape[i]];
  }
  return joined === undefined ? [] : [desk.store(joined, y)];
};
