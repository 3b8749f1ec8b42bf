import { broadcastStrides, type Shape, sizeOf } from '../../tensor/shape.ts';
import { eachRow } from '../host.ts';
import { type SoftmaxAttrs, softmaxOp } from '../softmax.ts';
import { type Kernel, loops } from './kernel.ts';
import type { Machine } from './machine.ts';

/** An entry takes about as long as so many products. */
const products = 16;

/** Rows with an exponential of our own; where a row is refused the reference says why. */
export const softmax: Kernel<SoftmaxAttrs> = (m, inputs, attrs, outputs) => {
  const [x, bias, mask] = inputs;
  const [y] = outputs;
  if (x === undefined) return;
  const shape = ranked(x.shape, 4);
  const [B, H, T, n] = shape.slice(-4);
  const size = B * H * T * n;
  const from = m.floats(x);
  const [added, masked] = [broadcastTo(shape, bias?.shape), broadcastTo(shape, mask?.shape)];
  const [biasFrom, maskFrom] = [bias && m.floats(bias), mask?.at];
  const room = m.lend(4 * (n + 8) * m.parts(size * products));
  const status = m.clearVerdict();
  eachRow([...shape.slice(0, -4), 1], [added.blocks, masked.blocks], (block, [biasBlock, maskBlock]) => {
    m.divide(
      size * products,
      'softmax',
      from + 4 * block * size,
      ...addressed(biasFrom && biasFrom + 4 * biasBlock * added.size, added),
      ...addressed(maskFrom && maskFrom + maskBlock * masked.size, masked),
      y.at + 4 * block * size,
      ...([room, status, B, H, T, n] as const),
      attrs.past ?? -1,
      attrs.scale,
    );
  });
  if (refused(m, attrs)) loops(softmaxOp)(m, inputs, attrs, outputs);
};

/** The verdict: is there a row that allows nothing where one must, or an entry that is NaN or +∞? */
export function refused({ verdict: [empty, bad] }: Machine, { emptyRows }: Pick<SoftmaxAttrs, 'emptyRows'>): boolean {
  return bad !== 0 || (empty !== 0 && emptyRows === 'error');
}

interface Steps {
  readonly steps: readonly [b: number, h: number, t: number, s: number];
}

/** Address and steps of an input; where it is left out, 0. */
export function addressed(at: number | undefined, { steps }: Steps): [number, number, number, number, number] {
  return [at ?? 0, ...steps];
}

/** An input that is left out. */
const leftOut = { steps: [0, 0, 0, 0] as const, blocks: [1], size: 1 };

/** How an input meets the last four axes of `shape`: its steps along them; and the axes before, with the size of a block. */
export function broadcastTo(shape: Shape, given: Shape | undefined) {
  if (given === undefined) return leftOut;
  const own = ranked(given, shape.length);
  const [b = 0, h = 0, t = 0, s = 0] = broadcastStrides(own.slice(-4), shape.slice(-4));
  return { steps: [b, h, t, s] as const, blocks: [...own.slice(0, -4), 1], size: sizeOf(own.slice(-4)) };
}

/** With axes of size 1 in front, up to `rank`. */
function ranked(shape: Shape, rank: number): Shape {
  if (shape.length >= rank) return shape;
  return [...Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
}
