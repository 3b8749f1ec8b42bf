/** The engine as a page gets it: the built file, fetched and imported as it ships. */
export const engine: typeof import('../../src/index.ts') = await import(
  /* @vite-ignore */ new URL('/batonlm.min.js', location.href).href
);
