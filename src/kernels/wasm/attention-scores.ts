import type { Kernel } from './kernel.ts';

/** Keys are read where the cache keeps them; four at a time. */
/** A product here takes about as long as so many of a linear layer. */
const work = 4;

export const attentionScores: Kernel<{ readonly scale: number }> = (m, [q, keys], { scale }, [scores]) => {
  if (q === undefined || keys === undefined) return;
  const [B, H, T, E] = q.shape;
  const S = keys.shape[0];
  const [from, by] = [m.floats(q), m.floats(keys)];
  m.divide(work * B * H * T * S * E, 'attentionScores', from, by, scores.at, B * H, T, S, E, scale);
};
