/**
 * T5: an encoder that sees the whole prompt, a decoder that sees what it wrote and attends to the encoder
 * (Raffel et al. 2020 §2.1; attention: Vaswani et al. 2017 eq. 1; norm: Zhang & Sennrich 2019; gates: Shazeer 2020).
 *
 *   encoder   mid = x + Attn(RMS x)                                x' = mid + MLP(RMS mid)
 *   decoder   mid = x + Attn(RMS x)   cross = mid + Cross(RMS mid, H)   x' = cross + MLP(RMS cross)
 *
 * What sets it apart: scores are not divided by √E; positions enter only as a bias on the scores, learned per bucket of
 * distance and shared by all layers of a stack; norms have no mean and no shift; linear layers have no bias.
 *
 * B batch · N prompt tokens · T new tokens · S = past + T · D width · H heads · E head size (H·E may differ from D) ·
 * F feed-forward width · V vocabulary
 */
import { add } from '../kernels/add.ts';
import { embedding } from '../kernels/embedding.ts';
import { linear } from '../kernels/linear.ts';
import { mergeHeads } from '../kernels/merge-heads.ts';
import { mul } from '../kernels/mul.ts';
import { normScale } from '../kernels/norm-scale.ts';
import { relativePositionBias } from '../kernels/relative-position-bias.ts';
import { reshape } from '../kernels/reshape.ts';
import { rmsNorm } from '../kernels/rms-norm.ts';
import { scale } from '../kernels/scale.ts';
import { splitHeads } from '../kernels/split-heads.ts';
import { transpose } from '../kernels/transpose.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { attend } from './attend.ts';
import { type CrossCache, type KeysValues, type LayerCache, noCache } from './layer-cache.ts';
import type { Run } from './run.ts';

export interface RmsNorm {
  readonly gain: Tensor; //                                                                    [D]
  readonly eps: number;
}

export interface T5Attention {
  readonly q: Tensor; //                                                                       [H·E D]
  readonly k: Tensor; //                                                                       [H·E D]
  readonly v: Tensor; //                                                                       [H·E D]
  readonly proj: Tensor; //                                                                    [D H·E]
  readonly nHeads: number;
}

export interface T5Mlp {
  readonly up: Tensor; //                                                                      [F D]
  /** v1.1 and Flan: the activated branch is multiplied by this one. */
  readonly gate?: Tensor; //                                                                   [F D]
  readonly down: Tensor; //                                                                    [D F]
  readonly activation: (x: Tensor) => Tensor;
}

export interface T5Block {
  readonly ln1: RmsNorm;
  readonly attn: T5Attention;
  /** Decoder only. */
  readonly cross?: { readonly ln: RmsNorm; readonly attn: T5Attention };
  readonly ln2: RmsNorm;
  readonly mlp: T5Mlp;
}

/** What a stack has beside its blocks. */
export interface T5Ends {
  readonly biasTable: Tensor; //                                                               [buckets H]
  readonly maxDistance: number;
  readonly finalNorm: RmsNorm;
}

export interface T5Stack extends T5Ends {
  readonly blocks: readonly T5Block[];
}

export interface T5EncoderWeights {
  readonly tokenEmbedding: Tensor; //                                                          [V D]
  readonly encoder: T5Stack;
}

export interface T5Weights extends T5EncoderWeights {
  readonly decoder: T5Stack;
  readonly unembed: Tensor; //                                                                 [V D], tied or not
  /** D^−½ where the head is scaled (v1.0), else 1. */
  readonly unembedScale: number;
}

/** What the decoder needs beside its own embeddings. */
export interface T5Pass {
  readonly encoded: Tensor; //                                                                 [B N D]
  readonly encoderMask?: Tensor; //                                                            [B 1 1 N] U8
  readonly mask?: Tensor; //                                                                   [B 1 1 S] U8
  readonly caches: readonly LayerCache[];
  readonly cross: CrossCache;
}

/** What the encoder's blocks hand on. */
export interface EncoderState {
  readonly x: Tensor; //                                                                       [B N D]
  readonly bias: Tensor; //                                                                    [1 H N N]
  readonly mask?: Tensor; //                                                                   [B 1 1 N] U8
}

/** Token embeddings [B T D] of ids [B T]. */
export function embedTokens(w: T5EncoderWeights, ids: Tensor): Tensor {
  return embedding(w.tokenEmbedding, ids);
}

/** Embeddings → H, the last hidden state after the final norm. */
export function t5Encoder(run: Run, stack: T5Stack, embeds: Tensor, mask?: Tensor): Tensor {
  let state = enterEncoder(run, stack, embeds, mask);
  stack.blocks.forEach((block, i) => {
    state = encoderLayer(run, block, state, i);
  });
  return leaveEncoder(run, stack, state); //                                                   [B N D]
}

/** The encoder up to its first block. Its three parts may be run one by one, where blocks come one by one. */
export function enterEncoder(
  run: Run,
  { biasTable, maxDistance }: T5Ends,
  embeds: Tensor,
  mask?: Tensor,
): EncoderState {
  const N = embeds.shape[1];
  const bias = positionBias(biasTable, { queries: N, keys: N, past: 0, bidirectional: true, maxDistance });
  return { x: run.tap('embed', embeds), bias, mask }; //                                       [B N D]
}

export function encoderLayer(run: Run, w: T5Block, { x, bias, mask }: EncoderState, layer: number): EncoderState {
  return { x: run.within(`blocks.${layer}`, (inner) => encoderBlock(inner, w, x, bias, mask)), bias, mask };
}

export function leaveEncoder(run: Run, { finalNorm }: T5Ends, { x }: EncoderState): Tensor {
  return run.tap('final_norm', rmsNorm(x, finalNorm.gain, finalNorm)); //                      [B N D]
}

/** Embeddings of what was written so far → last hidden state, after the final norm. */
export function t5Decoder(
  run: Run,
  { blocks, biasTable, maxDistance, finalNorm }: T5Stack,
  embeds: Tensor,
  pass: T5Pass,
): Tensor {
  const T = embeds.shape[1];
  const past = pass.caches[0].length; //                                                       before any append!
  const bias = positionBias(biasTable, { queries: T, keys: past + T, past, bidirectional: false, maxDistance });
  let x = run.tap('embed', embeds); //                                                         [B T D]
  blocks.forEach((block, i) => {
    x = run.within(`blocks.${i}`, (inner) => decoderBlock(inner, block, x, bias, pass, i));
  });
  return norm(run.in('ln_final'), x, finalNorm); //                                            [B T D]
}

/** Hidden state of the decoder → logits. */
export function unembed(run: Run, w: T5Weights, hidden: Tensor): Tensor {
  const x = w.unembedScale === 1 ? hidden : scale(hidden, w.unembedScale); //                  [B T D]
  return run.tap('logits', linear(x, w.unembed, undefined, '[out, in]')); //                   [B T V]
}

function encoderBlock(run: Run, w: T5Block, x: Tensor, bias: Tensor, mask?: Tensor): Tensor {
  const { tap } = run;
  const pre = tap('resid_pre', x); //                                                          [B N D]
  const a = selfAttention(run.in('attn'), w.attn, norm(run.in('ln1'), pre, w.ln1), bias, noCache, mask);
  const mid = tap('resid_mid', add(pre, tap('attn_out', a))); //                               [B N D]
  const m = mlp(run.in('mlp'), w.mlp, norm(run.in('ln2'), mid, w.ln2));
  return tap('resid_post', add(mid, tap('mlp_out', m))); //                                    [B N D]
}

function decoderBlock(run: Run, w: T5Block, x: Tensor, bias: Tensor, pass: T5Pass, layer: number): Tensor {
  const { tap } = run;
  const cache = pass.caches[layer];
  const pre = tap('resid_pre', x); //                                                          [B T D]
  const a = selfAttention(
    run.in('attn'),
    w.attn,
    norm(run.in('ln1'), pre, w.ln1),
    bias,
    cache,
    pass.mask,
    cache.length,
  );
  let mid = tap('resid_mid', add(pre, tap('attn_out', a))); //                                 [B T D]
  if (w.cross !== undefined) {
    const c = crossAttention(
      run.in('cross_attn'),
      w.cross.attn,
      norm(run.in('ln_cross'), mid, w.cross.ln),
      pass,
      layer,
    );
    mid = tap('resid_cross', add(mid, tap('cross_out', c))); //                                [B T D]
  }
  const m = mlp(run.in('mlp'), w.mlp, norm(run.in('ln2'), mid, w.ln2));
  return tap('resid_post', add(mid, tap('mlp_out', m))); //                                    [B T D]
}

/** softmax(QKᵀ + bias)·V per head; `past` makes it causal. */
function selfAttention(
  run: Run,
  w: T5Attention,
  x: Tensor,
  sharedBias: Tensor,
  cache: LayerCache,
  mask?: Tensor,
  past?: number,
): Tensor {
  const { tap, derive } = run;
  const q = tap('q', heads(x, w.q, w.nHeads)); //                                              [B H T E]
  const k = tap('k', heads(x, w.k, w.nHeads)); //                                              [B H T E]
  const v = tap('v', heads(x, w.v, w.nHeads)); //                                              [B H T E]
  const { keys, values } = cache.append(positionFirst(k), positionFirst(v)); //                [S B H E]
  if (past !== undefined) {
    derive('cache.k', () => transpose(keys, [1, 2, 0, 3])); //                                 [B H S E]
    derive('cache.v', () => transpose(values, [1, 2, 0, 3])); //                               [B H S E]
  }
  const bias = tap('bias', sharedBias); //                                                     [1 H T S]
  const z = attend(run, q, keys, values, { bias, mask, past, emptyRows: 'zero' }); //          [B H T E]
  return linear(mergeHeads(z), w.proj, undefined, '[out, in]'); //                             [B T D]
}

/** The decoder looks at H: queries from its own stream, keys and values from the encoder, made once per prompt. */
function crossAttention(run: Run, w: T5Attention, x: Tensor, pass: T5Pass, layer: number): Tensor {
  const { tap } = run;
  const q = tap('q', heads(x, w.q, w.nHeads)); //                                              [B H T E]
  const { keys, values } = pass.cross.read(layer, (): KeysValues => {
    const k = tap('k', heads(pass.encoded, w.k, w.nHeads)); //                                 [B H N E]
    const v = tap('v', heads(pass.encoded, w.v, w.nHeads)); //                                 [B H N E]
    return { keys: positionFirst(k), values: positionFirst(v) }; //                            [N B H E]
  });
  const z = attend(run, q, keys, values, { mask: pass.encoderMask, emptyRows: 'zero' }); //    [B H T E]
  return linear(mergeHeads(z), w.proj, undefined, '[out, in]'); //                             [B T D]
}

function mlp(run: Run, w: T5Mlp, x: Tensor): Tensor {
  const pre = run.tap('pre', linear(x, w.up, undefined, '[out, in]')); //                      [B T F]
  let post = w.activation(pre); //                                                             [B T F]
  if (w.gate !== undefined) post = mul(post, run.tap('gate', linear(x, w.gate, undefined, '[out, in]')));
  return linear(run.tap('post', post), w.down, undefined, '[out, in]'); //                     [B T D]
}

function norm(run: Run, x: Tensor, { gain, eps }: RmsNorm): Tensor {
  run.derive('scale', () => normScale(x, { eps, centred: false })); //                         [B T 1]
  return run.tap('normalized', rmsNorm(x, gain, { eps })); //                                  [B T D]
}

function positionBias(table: Tensor, options: Parameters<typeof relativePositionBias>[1]): Tensor {
  const bias = relativePositionBias(table, options); //                                        [H T S]
  return reshape(bias, [1, ...bias.shape]); //                                                 [1 H T S]
}

function heads(x: Tensor, weight: Tensor, nHeads: number): Tensor {
  return splitHeads(linear(x, weight, undefined, '[out, in]'), nHeads)[0]; //                  [B H T E]
}

/** [B H T E] → [T B H E], the order in which a cache keeps positions. */
function positionFirst(x: Tensor): Tensor {
  return transpose(x, [2, 0, 1, 3]);
}
