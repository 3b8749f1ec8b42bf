/** The same as index.ts, with files by their path: what Node, Deno and Bun import. */
export * from './index.ts';
export { openPath, openSafetensors, openSource, saveSafetensors, saveShards } from './safetensors/index.node.ts';
