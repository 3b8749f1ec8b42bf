/** `batonlm/safetensors` for Node: the names of `index.ts`, with paths and files to write. */
export * from './index.ts';
export { openSafetensors, openSource } from './open.node.ts';
export { openPath } from './path.node.ts';
export { saveSafetensors } from './save.node.ts';
export { saveShards } from './save-shards.node.ts';
