/**
 * GPT-2: a stack of pre-norm blocks with causal attention (Radford et al. 2019 §2.3; attention: Vaswani et al. 2017).
 *
 *   h₀ = wte[ids] + wpe[positions]      mid = h + Attn(LN₁ h)      h' = mid + MLP(LN₂ mid)      logits = LN_f(h_L) · Wᵀ
 *
 * B batch · T new tokens · S = past + T · D width · H heads · E = D/H · F feed-forward width · V vocabulary
 */
import { add } from '../kernels/add.ts';
import { embedding } from '../kernels/embedding.ts';
import { layerNorm } from '../kernels/layer-norm.ts';
import { linear } from '../kernels/linear.ts';
import { mergeHeads } from '../kernels/merge-heads.ts';
import { normScale } from '../kernels/norm-scale.ts';
import { splitHeads } from '../kernels/split-heads.ts';
import { transpose } from '../kernels/transpose.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { attend } from './attend.ts';
import type { LayerCache } from './layer-cache.ts';
import type { Run } from './run.ts';

export interface Norm {
  readonly gain: Tensor; //                                                                    [D]
  readonly shift: Tensor; //                                                                   [D]
  readonly eps: number;
}

/** A linear layer as GPT-2 stores it. */
export interface Affine {
  readonly weight: Tensor; //                                                                  [in out]
  readonly bias: Tensor; //                                                                    [out]
}

export interface Gpt2Block {
  readonly ln1: Norm;
  readonly attn: {
    readonly qkv: Affine; //                                                                   [D 3D]
    readonly proj: Affine; //                                                                  [D D]
    readonly nHeads: number;
    /** 1/√E, unless the config says otherwise. */
    readonly scale: number;
  };
  readonly ln2: Norm;
  readonly mlp: {
    readonly up: Affine; //                                                                    [D F]
    readonly down: Affine; //                                                                  [F D]
    readonly activation: (x: Tensor) => Tensor;
  };
}

export interface Gpt2Weights {
  readonly tokenEmbedding: Tensor; //                                                          [V D]
  readonly positionEmbedding: Tensor; //                                                       [nCtx D]
  readonly blocks: readonly Gpt2Block[];
  readonly lnFinal: Norm;
  readonly unembed: Tensor; //                                                                 [V D], tied or not
}

/** What a pass needs beside the embeddings. */
export interface Gpt2Pass {
  /** Index of each new token in its own sequence. */
  readonly positions: Tensor; //                                                               [B T] I32
  /** 0 at columns that are padding; left out when there is none. */
  readonly mask?: Tensor; //                                                                   [B 1 1 S] U8
  readonly caches: readonly LayerCache[];
}

/** Token embeddings [B T D] of ids [B T]. */
export function embedTokens(w: Gpt2Weights, ids: Tensor): Tensor {
  return embedding(w.tokenEmbedding, ids);
}

/** Embeddings → last hidden state, after the final norm. */
export function gpt2(run: Run, w: Gpt2Weights, embeds: Tensor, pass: Gpt2Pass): Tensor {
  const { tap } = run;
  const positions = tap('pos_embed', embedding(w.positionEmbedding, pass.positions)); //       [B T D]
  let x = add(tap('embed', embeds), positions); //                                             [B T D]
  w.blocks.forEach((block, i) => {
    x = run.within(`blocks.${i}`, (inner) => gpt2Block(inner, block, x, pass.caches[i], pass.mask));
  });
  return norm(run.in('ln_final'), x, w.lnFinal); //                                            [B T D]
}

/** Hidden state → logits. */
export function unembed(run: Run, w: Gpt2Weights, hidden: Tensor): Tensor {
  return run.tap('logits', linear(hidden, w.unembed, undefined, '[out, in]')); //              [B T V]
}

export function gpt2Block(run: Run, w: Gpt2Block, x: Tensor, cache: LayerCache, mask?: Tensor): Tensor {
  const { tap } = run;
  const pre = tap('resid_pre', x); //                                                          [B T D]
  const a = attention(run.in('attn'), w.attn, norm(run.in('ln1'), pre, w.ln1), cache, mask);
  const mid = tap('resid_mid', add(pre, tap('attn_out', a))); //                               [B T D]
  const m = mlp(run.in('mlp'), w.mlp, norm(run.in('ln2'), mid, w.ln2));
  return tap('resid_post', add(mid, tap('mlp_out', m))); //                                    [B T D]
}

/** softmax(QKᵀ·scale + causal mask)·V per head, then the output projection. */
function attention(run: Run, w: Gpt2Block['attn'], x: Tensor, cache: LayerCache, mask?: Tensor): Tensor {
  const { tap, derive } = run;
  const [q, k, v] = splitHeads(linear(x, w.qkv.weight, w.qkv.bias, '[in, out]'), w.nHeads, 3); // 3 × [B H T E]
  const past = cache.length; //                                                                before append!
  const { keys, values } = cache.append(positionFirst(tap('k', k)), positionFirst(tap('v', v))); // [S B H E]
  derive('cache.k', () => transpose(keys, [1, 2, 0, 3])); //                                   [B H S E]
  derive('cache.v', () => transpose(values, [1, 2, 0, 3])); //                                 [B H S E]
  const z = attend(run, tap('q', q), keys, values, { scale: w.scale, past, mask, emptyRows: 'zero' }); // [B H T E]
  return linear(mergeHeads(z), w.proj.weight, w.proj.bias, '[in, out]'); //                    [B T D]
}

function mlp(run: Run, w: Gpt2Block['mlp'], x: Tensor): Tensor {
  const pre = run.tap('pre', linear(x, w.up.weight, w.up.bias, '[in, out]')); //               [B T F]
  const post = run.tap('post', w.activation(pre)); //                                          [B T F]
  return linear(post, w.down.weight, w.down.bias, '[in, out]'); //                             [B T D]
}

function norm(run: Run, x: Tensor, { gain, shift, eps }: Norm): Tensor {
  run.derive('scale', () => normScale(x, { eps, centred: true })); //                          [B T 1]
  return run.tap('normalized', layerNorm(x, gain, shift, { eps })); //                         [B T D]
}

/** [B H T E] → [T B H E], the order in which a cache keeps positions. */
function positionFirst(x: Tensor): Tensor {
  return transpose(x, [2, 0, 1, 3]);
}
