/** Runs a pass that appends to a cache, layer by layer; one that fails half way leaves the cache as it was. */
export function appending<T>(
  cache: { readonly length: number; truncate(length: number): void } | undefined,
  pass: () => T,
): T {
  const past = cache?.length ?? 0;
  try {
    return pass();
  } catch (error) {
    if (cache !== undefined && cache.length > past) cache.truncate(past);
    throw error;
  }
}
