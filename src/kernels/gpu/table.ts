/** Every op of src/kernels/index.ts and the kernels that run it here. What is not in this table is an error, never a detour. */
import type { Op } from '../../tensor/op.ts';
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
import { cast } from './cast.ts';
import { concat } from './concat.ts';
import { crossEntropy } from './cross-entropy.ts';
import type { GpuKernel } from './desk.ts';
import * as elementwise from './elementwise.ts';
import { embedding } from './embedding.ts';
import { gather } from './gather.ts';
import { linear } from './linear.ts';
import { logSoftmax } from './log-softmax.ts';
import { matmul } from './matmul.ts';
import { mix } from './mix.ts';
import { mergeHeads, slice, splitHeads, transpose } from './move.ts';
import { layerNorm, normScale, rmsNorm } from './norm.ts';
import { argmax, topK } from './pick.ts';
import { relativePositionBias } from './relative-position-bias.ts';
import { softmax } from './softmax.ts';

interface Entry {
  readonly name: string;
  readonly kernel: GpuKernel<never>;
}

/** An op beside its kernel, which must take its attributes. */
function on<A>({ name }: Op<A>, kernel: GpuKernel<A>): Entry {
  return { name, kernel };
}

const entries: readonly Entry[] = [
  on(addOp, elementwise.add),
  on(argmaxOp, argmax),
  on(attentionOp, attention),
  on(attentionScoresOp, attentionScores),
  on(castOp, cast),
  on(concatOp, concat),
  on(crossEntropyOp, crossEntropy),
  on(embeddingOp, embedding),
  on(gatherOp, gather),
  on(geluOp, elementwise.gelu),
  on(gelu10Op, elementwise.gelu10),
  on(laplaceOp, elementwise.laplace),
  on(layerNormOp, layerNorm),
  on(leakyReluOp, elementwise.leakyRelu),
  on(linearOp, linear),
  on(logSoftmaxOp, logSoftmax),
  on(matmulOp, matmul),
  on(mergeHeadsOp, mergeHeads),
  on(mishOp, elementwise.mish),
  on(mixOp, mix),
  on(mulOp, elementwise.mul),
  on(normScaleOp, normScale),
  on(quickGeluOp, elementwise.quickGelu),
  on(relativePositionBiasOp, relativePositionBias),
  on(reluOp, elementwise.relu),
  on(relu2Op, elementwise.relu2),
  on(relu6Op, elementwise.relu6),
  on(rmsNormOp, rmsNorm),
  on(scaleOp, elementwise.scale),
  on(sigmoidOp, elementwise.sigmoid),
  on(siluOp, elementwise.silu),
  on(sliceOp, slice),
  on(softmaxOp, softmax),
  on(splitHeadsOp, splitHeads),
  on(tanhOp, elementwise.tanh),
  on(topKOp, topK),
  on(transposeOp, transpose),
];

const table: ReadonlyMap<string, GpuKernel<never>> = new Map(entries.map(({ name, kernel }) => [name, kernel]));

/** The kernel of an op; undefined where there is none. `on` has seen to it that it takes the op's attributes. */
export function kernelOf<A>(name: string): GpuKernel<A> | undefined {
  return table.get(name) as GpuKernel<A> | undefined;
}
