import type { Kernel } from './kernel.ts';

/** Keys are read where the cache keeps them; four at a time. */
export const attentionScores: Kernel<{ readonly scale: number }> = (m, [q, keys], { scale }, [scores]) => {
  if (q === undefined || keys === undefined) return;
  const [B, H, T, E] = q.shape;
  m.kernels.attentionScores(m.floats(q), m.floats(keys), scores.at, B * H, T, keys.shape[0], E, scale, 0, B * H);
};
