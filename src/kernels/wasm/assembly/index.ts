/** What TypeScript calls. */
export { attention, attentionRoom, attentionScores, mix } from './attention';
export { setUp } from './constants';
export * from './elementwise';
export { gemm } from './gemm';
export { mostOf, widen } from './half';
export { gemm4, signTiles } from './int4';
export { gemm8 } from './int8';
export { largest } from './largest';
export { subtractBoth, sumOfExp } from './log-softmax';
export { move } from './move';
export { norm } from './norm';
export { lookup, lookup16, packColumns16, packColumns32, packRows16, packRows32, packTiles } from './pack';
export { placeColumns, placeRows } from './place';
export { lookup8, quantiseColumns, quantiseRows, quantiseTiles } from './quantise';
export { lookup4, placeColumns4, placeRows4, quantiseColumns4, quantiseRows4 } from './quantise4';
export { softmax } from './softmax';
