import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

/** Where the package's own `imports` lead before it is built: the files for Node, or their twins for a page. */
export const twins = (extension: '.node.ts' | '.ts') => ({
  alias: { '#open-files': at(`hub/open-files${extension}`), '#platform': at(`kernels/wasm/platform${extension}`) },
});
