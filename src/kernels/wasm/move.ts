import { bytesPerElement } from '../../tensor/dtype.ts';
import { type Shape, stridesOf } from '../../tensor/shape.ts';
import type { Kernel } from './kernel.ts';
import type { Machine } from './machine.ts';
import type { Placed } from './storage.ts';

/** Cuts the last axis into parts and heads, [B T parts·H·E] → parts × [B H T E]. */
export const splitHeads: Kernel<{ readonly heads: number; readonly parts: number }> = (m, [x], _attrs, outputs) => {
  if (x === undefined) return;
  const [, T, width] = x.shape;
  for (const [p, y] of outputs.entries()) {
    const [, H, , E] = y.shape;
    moveStrided(m, x, y, y.shape, [T * width, E, width, 1], p * H * E);
  }
};

export const mergeHeads: Kernel<undefined> = (m, [x], _attrs, [y]) => {
  if (x === undefined) return;
  const [B, H, T, E] = x.shape;
  moveStrided(m, x, y, [B, T, H, E], [H * T * E, E, T * E, 1]);
};

export const transpose: Kernel<{ readonly axes: readonly number[] }> = (m, [x], { axes }, [y]) => {
  if (x === undefined) return;
  const strides = stridesOf(x.shape);
  moveStrided(m, x, y, y.shape, axes.map((axis) => strides[axis])); // biome-ignore format: one line
};

export const slice: Kernel<{ readonly axis: number; readonly begin: number }> = (m, [x], { axis, begin }, [y]) => {
  if (x === undefined) return;
  const strides = stridesOf(x.shape);
  moveStrided(m, x, y, y.shape, strides, begin * strides[axis]);
};

/** Fills `to` from anywhere in `from`: to[i, j, …] = from[offset + i·strides[0] + j·strides[1] + …]. */
function moveStrided(m: Machine, from: Placed, to: Placed, shape: Shape, strides: readonly number[], offset = 0): void {
  const element = bytesPerElement(from.dtype);
  let { sizes, steps, bytes } = joined(shape, strides, element);
  if (sizes.includes(0) || bytes === 0) return;
  while (sizes.length < 3)
    [sizes, steps] = [
      [1, ...sizes],
      [0, ...steps],
    ];
  const start = rowsOf(m, from) + offset * element;
  const inner = sizes.slice(-3).reduce((product, n) => product * n, bytes);
  let o = to.at;
  const level = (axis: number, at: number): void => {
    if (axis < sizes.length - 3) {
      for (let i = 0; i < sizes[axis]; i++) level(axis + 1, at + i * steps[axis]);
      return;
    }
    const [n0, n1, n2] = sizes.slice(axis);
    const [s0, s1, s2] = steps.slice(axis);
    m.kernels.move(at, o, n0, n1, n2, s0, s1, s2, bytes);
    o += inner;
  };
  level(0, start);
}

/** Axes that lie together made one, axes of one entry left out; steps in bytes, and the bytes that lie together. */
function joined(shape: Shape, strides: readonly number[], element: number) {
  const sizes: number[] = [];
  const steps: number[] = [];
  for (const [axis, n] of shape.entries()) {
    if (n === 1) continue;
    const step = strides[axis] * element;
    const last = sizes.length - 1;
    if (last >= 0 && steps[last] === n * step) {
      sizes[last] *= n;
      steps[last] = step;
    } else {
      sizes.push(n);
      steps.push(step);
    }
  }
  if (steps.at(-1) !== element) return { sizes, steps, bytes: element };
  const run = sizes.pop() ?? 1;
  steps.pop();
  return { sizes, steps, bytes: run * element };
}

/** Address of the row-major elements, whatever the dtype. */
function rowsOf(m: Machine, tensor: Placed): number {
  if (tensor.packed === undefined) return tensor.at;
  const { data } = m.host(tensor);
  const room = m.lend(data.byteLength);
  m.write(room, data);
  return room;
}
