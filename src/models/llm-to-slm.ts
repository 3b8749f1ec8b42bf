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
import { embedding } from '../kernels/embedding.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Dense, dense, type ProjectorWeights, project } from './projector.ts';
import type { Run } from './run.ts';
import { type T5EncoderWeights, t5Encoder } from './t5.ts';

/** How Z joins the prompt embeddings. */
export type Fusion = 'add' | 'replace' | 'none';

export interface BridgeWeights {
  readonly llm: T5EncoderWeights;
  /** Left out with fusion 'none'. */
  readonly projector?: ProjectorWeights;
  /** Where E_X comes from: the table [V D], and the layer that fits its width if it is not the small model's own. */
  readonly promptTable: Tensor;
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

export function readPrompt(run: Run, w: BridgeWeights, ids: Tensor, mask?: Tensor): Baton {
  const { llm, projector, fusion } = w;
  const fuse = run.in('fuse');
  if (fusion === 'none' || projector === undefined) {
    return { prompt: fuse.tap('sum', fuse.tap('tokens', ownEmbedding(w, ids))) }; //           [B N D_slm]
  }
  const hidden = run.within('encoder', (inner) =>
    t5Encoder(inner, llm.encoder, embedding(llm.tokenEmbedding, ids), mask),
  );
  const projected = run.within('projector', (inner) => project(inner, projector, hidden)); //  [B N D_slm]
  const features = fuse.tap('features', projected); //                                         [B N D_slm]
  if (fusion === 'replace') {
    fuse.derive('tokens', () => ownEmbedding(w, ids));
    return { hidden, projected, prompt: fuse.tap('sum', features) };
  }
  const tokens = fuse.tap('tokens', ownEmbedding(w, ids)); //                                  [B N D_slm]
  return { hidden, projected, prompt: fuse.tap('sum', add(tokens, features)) };
}

/** E_X: the prompt as the small model alone would embed it. */
function ownEmbedding({ promptTable, promptEmbedding }: BridgeWeights, ids: Tensor): Tensor {
  const tokens = embedding(promptTable, ids); //                                               [B N D]
  return promptEmbedding === undefined ? tokens : dense(tokens, promptEmbedding); //           [B N D_slm]
}
