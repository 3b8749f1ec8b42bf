/** The folder of the package: two levels up, from apps/cli/ as from dist/cli/. */
export const packageRoot = new URL('../../', import.meta.url);
