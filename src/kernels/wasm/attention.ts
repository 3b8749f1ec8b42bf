import { type AttentionAttrs, attentionOp } from '../attention.ts';
import { type Kernel, loops } from './kernel.ts';
import type { Machine } from './machine.ts';
import { addressed, broadcastTo, refused } from './softmax.ts';

/** A product of attention takes about as long as so many of a linear layer. */
export const work = 4;

/** All three steps, a few rows of scores at a time; where a row is refused the reference says why. */
export const attention: Kernel<AttentionAttrs> = (m, inputs, attrs, outputs) => {
  const [q, keys, values, bias, mask] = inputs;
  const [z] = outputs;
  if (q === undefined || keys === undefined || values === undefined) return;
  const [B, H, T, E] = q.shape;
  const S = keys.shape[0];
  const scores = [B, H, T, S];
  const all = 2 * work * B * H * T * S * E;
  const products = T === 1 ? Math.min(all, m.onePartEach) : all; // a part reads its heads of every position, side by side
  const [from, by, mixed] = [m.floats(q), m.floats(keys), m.floats(values)];
  const [added, masked] = [broadcastTo(scores, bias?.shape), broadcastTo(scores, mask?.shape)];
  const [biasAt, maskAt] = [bias && m.floats(bias), mask?.at];
  const status = m.clearVerdict();
  m.divide(
    products,
    'attention',
    ...([from, by, mixed, z.at] as const),
    ...addressed(biasAt, added),
    ...addressed(maskAt, masked),
    ...([roomFor(m, B * H, T, S, E, products), status, B, H, T, S, E] as const),
    ...([attrs.past ?? -1, attrs.scale, m.paired ? 1 : 0] as const),
  );
  if (refused(m, attrs)) loops(attentionOp)(m, inputs, attrs, outputs);
};

/** Room for the parts of so many products. */
export function roomFor(m: Machine, BH: number, T: number, S: number, E: number, products: number): number {
  return m.lend(4 * m.kernels.attentionRoom(BH, T, S, E, m.parts(products)));
}
