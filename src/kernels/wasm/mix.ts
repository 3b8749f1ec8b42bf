import type { Kernel } from './kernel.ts';

/** Values are read where the cache keeps them; every output is one chain over the positions. */
export const mix: Kernel<undefined> = (m, [pattern, values], _attrs, [z]) => {
  if (pattern === undefined || values === undefined) return;
  const [B, H, T, S] = pattern.shape;
  const E = values.shape[3];
  m.divide(B * H * T * S * E, 'mix', m.floats(pattern), m.floats(values), z.at, B * H, T, S, E);
};
