import { roomFor, work } from './attention.ts';
import type { Kernel } from './kernel.ts';

/** Keys are read where the cache keeps them. */
export const attentionScores: Kernel<{ readonly scale: number }> = (m, [q, keys], { scale }, [scores]) => {
  if (q === undefined || keys === undefined) return;
  const [B, H, T, E] = q.shape;
  const S = keys.shape[0];
  const products = work * B * H * T * S * E;
  const [from, by, room] = [m.floats(q), m.floats(keys), roomFor(m, B * H, T, S, E, products)];
  m.divide(products, 'attentionScores', from, by, scores.at, B * H, T, S, E, scale, room, m.paired ? 1 : 0);
};
