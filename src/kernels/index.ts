/** The index of the mathematics: every op by its name, for backends and for the suite that judges them. */
import type { Op } from '../tensor/op.ts';
import { addOp } from './add.ts';
import { argmaxOp } from './argmax.ts';
import { attentionOp } from './attention.ts';
import { attentionScoresOp } from './attention-scores.ts';
import { castOp } from './cast.ts';
import { concatOp } from './concat.ts';
import { crossEntropyOp } from './cross-entropy.ts';
import { embeddingOp } from './embedding.ts';
import { gatherOp } from './gather.ts';
import { geluOp } from './gelu.ts';
import { gelu10Op } from './gelu10.ts';
import { laplaceOp } from './laplace.ts';
import { layerNormOp } from './layer-norm.ts';
import { leakyReluOp } from './leaky-relu.ts';
import { linearOp } from './linear.ts';
import { logSoftmaxOp } from './log-softmax.ts';
import { matmulOp } from './matmul.ts';
import { mergeHeadsOp } from './merge-heads.ts';
import { mishOp } from './mish.ts';
import { mixOp } from './mix.ts';
import { mulOp } from './mul.ts';
import { normScaleOp } from './norm-scale.ts';
import { quickGeluOp } from './quick-gelu.ts';
import { relativePositionBiasOp } from './relative-position-bias.ts';
import { reluOp } from './relu.ts';
import { relu2Op } from './relu2.ts';
import { relu6Op } from './relu6.ts';
import { rmsNormOp } from './rms-norm.ts';
import { scaleOp } from './scale.ts';
import { sigmoidOp } from './sigmoid.ts';
import { siluOp } from './silu.ts';
import { sliceOp } from './slice.ts';
import { softmaxOp } from './softmax.ts';
import { splitHeadsOp } from './split-heads.ts';
import { tanhOp } from './tanh.ts';
import { topKOp } from './top-k.ts';
import { transposeOp } from './transpose.ts';

export type AnyOp = Op<never>;

const all: readonly AnyOp[] = [
  addOp,
  argmaxOp,
  attentionOp,
  attentionScoresOp,
  castOp,
  concatOp,
  crossEntropyOp,
  embeddingOp,
  gatherOp,
  geluOp,
  gelu10Op,
  laplaceOp,
  layerNormOp,
  leakyReluOp,
  linearOp,
  logSoftmaxOp,
  matmulOp,
  mergeHeadsOp,
  mishOp,
  mixOp,
  mulOp,
  normScaleOp,
  quickGeluOp,
  relativePositionBiasOp,
  reluOp,
  relu2Op,
  relu6Op,
  rmsNormOp,
  scaleOp,
  sigmoidOp,
  siluOp,
  sliceOp,
  softmaxOp,
  splitHeadsOp,
  tanhOp,
  topKOp,
  transposeOp,
];

/** Name → op. `append`, `reshape` and slices that lie together are no ops: a backend's `append` and `view` do them. */
export const ops: ReadonlyMap<string, AnyOp> = new Map(all.map((op) => [op.name, op]));

export { activationNamed } from './activations.ts';
export { add } from './add.ts';
export { append } from './append.ts';
export { argmax } from './argmax.ts';
export { attention } from './attention.ts';
export { attentionScores } from './attention-scores.ts';
export { cast } from './cast.ts';
export { concat } from './concat.ts';
export { tensor, zeros } from './create.ts';
export { crossEntropy } from './cross-entropy.ts';
export { embedding } from './embedding.ts';
export { gather } from './gather.ts';
export { gelu } from './gelu.ts';
export { gelu10 } from './gelu10.ts';
export { laplace } from './laplace.ts';
export { layerNorm } from './layer-norm.ts';
export { leakyRelu } from './leaky-relu.ts';
export { linear } from './linear.ts';
export { logSoftmax } from './log-softmax.ts';
export { matmul } from './matmul.ts';
export { mergeHeads } from './merge-heads.ts';
export { mish } from './mish.ts';
export { mix } from './mix.ts';
export { mul } from './mul.ts';
export { normScale } from './norm-scale.ts';
export { quickGelu } from './quick-gelu.ts';
export { ReferenceBackend, referenceBackend } from './reference-backend.ts';
export { relativeBucket } from './relative-bucket.ts';
export { relativePositionBias } from './relative-position-bias.ts';
export { relu } from './relu.ts';
export { relu2 } from './relu2.ts';
export { relu6 } from './relu6.ts';
export { reshape } from './reshape.ts';
export { rmsNorm } from './rms-norm.ts';
export { scale } from './scale.ts';
export { sigmoid } from './sigmoid.ts';
export { silu } from './silu.ts';
export { slice } from './slice.ts';
export { softmax } from './softmax.ts';
export { splitHeads } from './split-heads.ts';
export { tanh } from './tanh.ts';
export { topK } from './top-k.ts';
export { transpose } from './transpose.ts';
export type { WasmOptions } from './wasm/create.ts';
export { createWasmBackend } from './wasm-on-demand.ts';
