import { roomFor, work } from './attention.ts';
import type { Kernel } from './kernel.ts';

/** Values are read where the cache keeps them; every output is one chain over the positions. */
export const mix: Kernel<undefined> = (m, [pattern, values], _attrs, [z]) => {
  if (pattern === undefined || values === undefined) return;
  const [B, H, T, S] = pattern.shape;
  const E = values.shape[3];
  const products = work * B * H * T * S * E;
  const [from, by, room] = [m.floats(pattern), m.floats(values), roomFor(m, B * H, T, S, E, products)];
  m.divide(products, 'mix', from, by, z.at, B * H, T, S, E, room, m.paired ? 1 : 0);
};
