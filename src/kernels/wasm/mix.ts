import type { Kernel } from './kernel.ts';

/** A product here takes about as long as so many of a linear layer. */
const work = 4;

/** Values are read where the cache keeps them; every output is one chain over the positions. */
export const mix: Kernel<undefined> = (m, [pattern, values], _attrs, [z]) => {
  if (pattern === undefined || values === undefined) return;
  const [B, H, T, S] = pattern.shape;
  const E = values.shape[3];
  const products = work * B * H * T * S * E;
  const [from, by] = [m.floats(pattern), m.floats(values)];
  const room = T === 1 ? 0 : m.lend(4 * 6 * S * m.parts(products));
  m.divide(products, 'mix', from, by, z.at, B * H, T, S, E, room, m.paired ? 1 : 0);
};
