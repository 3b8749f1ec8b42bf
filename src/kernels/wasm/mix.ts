import type { Kernel } from './kernel.ts';

/** Values are read where the cache keeps them; every output is one chain over the positions. */
/** A product here takes about as long as so many of a linear layer. */
const work = 4;

export const mix: Kernel<undefined> = (m, [pattern, values], _attrs, [z]) => {
  if (pattern === undefined || values === undefined) return;
  const [B, H, T, S] = pattern.shape;
  const E = values.shape[3];
  m.divide(work * B * H * T * S * E, 'mix', m.floats(pattern), m.floats(values), z.at, B * H, T, S, E);
};
