/**
 * Linear layers that are measured alone: rows × inputs × outputs, and where GPT-2 124M has a weight of that size, so that
 * one layer of it is enough.
 */
const sizes = [
  { M: 126, K: 768, N: 768, layer: ({ blocks }) => blocks[0].attn.proj },
  { M: 510, K: 768, N: 768, layer: ({ blocks }) => blocks[0].attn.proj },
  { M: 126, K: 3072, N: 768, layer: ({ blocks }) => blocks[0].mlp.down },
  { M: 126, K: 768, N: 3072, layer: ({ blocks }) => blocks[0].mlp.up },
  { M: 8, K: 768, N: 3072, layer: ({ blocks }) => blocks[0].mlp.up },
  { M: 1, K: 3072, N: 768, layer: ({ blocks }) => blocks[0].mlp.down },
  { M: 1, K: 768, N: 50257, layer: ({ unembed }) => ({ weight: unembed, layout: '[out, in]' }) },
];

export const linearSizes = sizes.map((each) => ({ ...each, size: `${each.M}×${each.K}×${each.N}` }));
