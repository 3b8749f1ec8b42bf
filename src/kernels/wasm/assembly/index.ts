/** What TypeScript calls. */
export { attention, attentionRoom, attentionScores, mix } from './attention';
export { setUp } from './constants';
export { dots } from './dots';
export * from './elementwise';
export { gemm } from './gemm';
export { notFinite, widen } from './half';
export { gemm8 } from './int8';
export { largest } from './largest';
export { move } from './move';
export { norm } from './norm';
export { lookup, lookup16, packColumns16, packColumns32, packRows16, packRows32, packTiles } from './pack';
export { placeColumns, placeRows } from './place';
export { lookup8, quantiseColumns, quantiseRows, quantiseTiles } from './quantise';
export { softmax } from './softmax';
