/** Every op of src/kernels/index.ts and what runs it here. What is not in this table is an error, never a detour. */
import { addOp } from '../add.ts';
import { argmaxOp } from '../argmax.ts';
import { attentionOp } from '../attention.ts';
import { attentionScoresOp } from '../attention-scores.ts';
import { castOp } from '../cast.ts';
import { concatOp } from '../concat.ts';
import { crossEntropyOp } from '../cross-entropy.ts';
import { embeddingOp } from '../embedding.ts';
import { gatherOp } from '../gather.ts';
import { geluOp } from '../gelu.ts';
import { gelu10Op } from '../gelu10.ts';
import { laplaceOp } from '../laplace.ts';
import { layerNormOp } from '../layer-norm.ts';
import { leakyReluOp } from '../leaky-relu.ts';
import { linearOp } from '../linear.ts';
import { logSoftmaxOp } from '../log-softmax.ts';
import { matmulOp } from '../matmul.ts';
import { mergeHeadsOp } from '../merge-heads.ts';
import { mishOp } from '../mish.ts';
import { mixOp } from '../mix.ts';
import { mulOp } from '../mul.ts';
import { normScaleOp } from '../norm-scale.ts';
import { quickGeluOp } from '../quick-gelu.ts';
import { relativePositionBiasOp } from '../relative-position-bias.ts';
import { reluOp } from '../relu.ts';
import { relu2Op } from '../relu2.ts';
import { relu6Op } from '../relu6.ts';
import { rmsNormOp } from '../rms-norm.ts';
import { scaleOp } from '../scale.ts';
import { sigmoidOp } from '../sigmoid.ts';
import { siluOp } from '../silu.ts';
import { sliceOp } from '../slice.ts';
import { softmaxOp } from '../softmax.ts';
import { splitHeadsOp } from '../split-heads.ts';
import { tanhOp } from '../tanh.ts';
import { topKOp } from '../top-k.ts';
import { transposeOp } from '../transpose.ts';
import { attention } from './attention.ts';
import { attentionScores } from './attention-scores.ts';
import { gelu, mapped, paired, scale } from './elementwise.ts';
import { embedding } from './embedding.ts';
import { type Entry, type Kernel, loops, on } from './kernel.ts';
import { linear } from './linear.ts';
import { logSoftmax } from './log-softmax.ts';
import { matmul } from './matmul.ts';
import { mix } from './mix.ts';
import { mergeHeads, slice, splitHeads, transpose } from './move.ts';
import { layerNorm, rmsNorm } from './norm.ts';
import { argmax, topK } from './pick.ts';
import { softmax } from './softmax.ts';

const inSimd: readonly Entry[] = [
  on(addOp, paired('add')),
  on(argmaxOp, argmax),
  on(attentionOp, attention),
  on(attentionScoresOp, attentionScores),
  on(embeddingOp, embedding),
  on(geluOp, gelu),
  on(layerNormOp, layerNorm),
  on(leakyReluOp, mapped('leakyRelu')),
  on(linearOp, linear),
  on(logSoftmaxOp, logSoftmax),
  on(matmulOp, matmul),
  on(mergeHeadsOp, mergeHeads),
  on(mixOp, mix),
  on(mulOp, paired('mul')),
  on(quickGeluOp, mapped('quickGelu')),
  on(reluOp, mapped('relu')),
  on(relu2Op, mapped('relu2')),
  on(relu6Op, mapped('relu6')),
  on(rmsNormOp, rmsNorm),
  on(scaleOp, scale),
  on(sigmoidOp, mapped('sigmoid')),
  on(siluOp, mapped('silu')),
  on(sliceOp, slice),
  on(softmaxOp, softmax),
  on(splitHeadsOp, splitHeads),
  on(tanhOp, mapped('tanh')),
  on(topKOp, topK),
  on(transposeOp, transpose),
];

/** The reference loops over this memory: ops that run once per pass at most, or that only observers ask for. */
const inLoops: readonly Entry[] = [
  on(castOp, loops(castOp)),
  on(concatOp, loops(concatOp)),
  on(crossEntropyOp, loops(crossEntropyOp)),
  on(gatherOp, loops(gatherOp)),
  on(gelu10Op, loops(gelu10Op)),
  on(laplaceOp, loops(laplaceOp)),
  on(mishOp, loops(mishOp)),
  on(normScaleOp, loops(normScaleOp)),
  on(relativePositionBiasOp, loops(relativePositionBiasOp)),
];

/** Names of the ops that SIMD kernels run. */
export const simdOps: readonly string[] = inSimd.map(({ name }) => name);

const table: ReadonlyMap<string, Kernel<never>> = new Map(
  [...inSimd, ...inLoops].map(({ name, kernel }) => [name, kernel]),
);

/** The kernel of an op; undefined where there is none. `on` has seen to it that it takes the op's attributes. */
export function kernelOf<A>(name: string): Kernel<A> | undefined {
  return table.get(name) as Kernel<A> | undefined;
}
