import type { Kernel } from './kernel.ts';

/** Keys are read where the cache keeps them; four at a time. */
export const attentionScores: Kernel<{ readonly scale: number }> = (m, [q, keys], { scale }, [scores]) => {
  if (q === undefined || keys === undefined) return;
  const [B, H, T, E] = q.shape;
  const S = keys.shape[0];
  const [from, by] = [m.floats(q), m.floats(keys)];
  m.divide(B * H * T * S * E, 'attentionScores', from, by, scores.at, B * H, T, S, E, scale);
};
