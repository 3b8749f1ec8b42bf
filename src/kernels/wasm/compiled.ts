/** The kernels compiled, and how. */
export interface Compiled {
  readonly module: WebAssembly.Module;
  /** V8 flags that were on meanwhile. */
  readonly flags: readonly string[];
  /** Does the engine join pairs of 128-bit operations to 256 bits? Then larger tiles fit into its registers. */
  readonly paired: boolean;
}

export async function compilePlainly(bytes: Uint8Array<ArrayBuffer>): Promise<Compiled> {
  return { module: await WebAssembly.compile(bytes), flags: [], paired: false };
}
