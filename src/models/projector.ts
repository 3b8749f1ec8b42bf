/**
 * The projector of LLM-to-SLM: what the large model read, in the small model's width (Bergner et al. 2024, arXiv
 * 2402.16844 §3).
 *
 *   Z = W₂ · relu(W₁ · H + b₁) + b₂
 *
 * N prompt tokens · D_llm, D_slm widths · P hidden width
 */
import { linear } from '../kernels/linear.ts';
import { relu } from '../kernels/relu.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Run } from './run.ts';

/** A linear layer with bias, stored as torch does. */
export interface Dense {
  readonly weight: Tensor; //                                                                  [out in]
  readonly bias: Tensor; //                                                                    [out]
}

export interface ProjectorWeights {
  readonly first: Dense; //                                                                    [P D_llm]
  readonly second: Dense; //                                                                   [D_slm P]
}

export function project(run: Run, { first, second }: ProjectorWeights, hidden: Tensor): Tensor {
  const pre = run.tap('pre', dense(hidden, first)); //                                         [B N P]
  const post = run.tap('post', relu(pre)); //                                                  [B N P]
  return run.tap('out', dense(post, second)); //                                               [B N D_slm]
}

export function dense(x: Tensor, { weight, bias }: Dense): Tensor {
  return linear(x, weight, bias, '[out, in]');
}
