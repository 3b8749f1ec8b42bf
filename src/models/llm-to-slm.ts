/**
 * LLM-to-SLM (Bergner et al. 2024, arXiv 2402.16844 §3): the frozen encoder of a large model reads the prompt once; what
 * it read, projected to the small model's width, joins the small model's prompt embeddings; the small model writes.
 *
 *   H = LLM encoder(prompt)      Z = projector(H)      X_in = E_X + Z | Z | E_X      (add | replace | none)
 *
 * E_X embeds the same prompt tokens for the small model: its own table where both share a tokenizer (T5), else the LLM's
 * table and one linear layer that fits the width. New tokens get no Z: after the prompt each step costs the small model alone.
 *
 * N prompt tokens · D_llm, D_slm widths
 */
import { add } from '../kernels/add.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Lookup, lookUp } from './lookup.ts';
import { type Dense, dense, type ProjectorWeights, project } from './projector.ts';
import type { Run } from './run.ts';

/** How Z joins the prompt embeddings. */
export type Fusion = 'add' | 'replace' | 'none';

export interface BridgeWeights {
  /** Left out with fusion 'none'. */
  readonly projector?: ProjectorWeights;
  /** Fits the width of E_X where the table is not the small model's own. */
  readonly promptEmbedding?: Dense; //                                                         [D_slm D_llm]
  readonly fusion: Fusion;
}

/** What is handed over: everything the small model needs to know of a prompt. The large model is not run again. */
export interface Baton {
  /** Last hidden state of the LLM's encoder; left out with fusion 'none', which never runs it. */
  readonly hidden?: Tensor; //                                                                 [B N D_llm]
  readonly projected?: Tensor; //                                                              [B N D_slm]
  readonly prompt: Tensor; //                                                                  [B N D_slm]
}

/** H and the prompt's tokens → X_in. H comes from `t5Encoder`, and is left out with fusion 'none'. */
export function handOver(run: Run, w: BridgeWeights, own: Lookup, hidden?: Tensor): Baton {
  const { projector, fusion } = w;
  const fuse = run.in('fuse');
  if (projector === undefined || hidden === undefined) {
    return { prompt: fuse.tap('sum', fuse.tap('tokens', ownEmbedding(w, own))) }; //           [B N D_slm]
  }
  const projected = run.within('projector', (inner) => project(inner, projector, hidden)); //  [B N D_slm]
  const features = fuse.tap('features', projected); //                                         [B N D_slm]
  if (fusion === 'replace') {
    fuse.derive('tokens', () => ownEmbedding(w, own));
    return { hidden, projected, prompt: fuse.tap('sum', features) };
  }
  const tokens = fuse.tap('tokens', ownEmbedding(w, own)); //                                  [B N D_slm]
  return { hidden, projected, prompt: fuse.tap('sum', add(tokens, features)) };
}

/** E_X: the prompt as the small model alone would embed it. */
function ownEmbedding({ promptEmbedding }: BridgeWeights, own: Lookup): Tensor {
  const tokens = lookUp(own); //                                                               [B N D]
  return promptEmbedding === undefined ? tokens : dense(tokens, promptEmbedding); //           [B N D_slm]
}
