/** `batonlm/safetensors` for pages and workers. `index.node.ts` has the same names, and files behind them. */
export { type FileDtype, fileDtypes, type Values, type ValuesOf, valuesOf } from './dtypes.ts';
export { SafetensorsFile, type TensorFile } from './file.ts';
export type { TensorInfo } from './header.ts';
export { byteLength, type Metadata, type ShardOptions, type TensorToWrite } from './layout.ts';
export { openPath, saveSafetensors, saveShards } from './no-files.ts';
export { type OpenOptions, openSafetensors, openSource, type SafetensorsInput } from './open.ts';
export { openShards, readIndex, type WeightMap } from './shards.ts';
export { type ByteSource, openBlob, openBytes } from './source.ts';
export { openUrl, type UrlOptions } from './url.ts';
export { writeSafetensors } from './write.ts';
