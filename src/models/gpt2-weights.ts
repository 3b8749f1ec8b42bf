/** Names and config of GPT-2 checkpoints as Hugging Face writes them → typed weights. */
import { FormatError } from '../errors.ts';
import { activationNamed } from '../kernels/activations.ts';
import { ConfigReader, checkActivation, generationFields, inertEverywhere } from './config-reader.ts';
import type { Affine, Gpt2Block, Gpt2Weights, Norm } from './gpt2.ts';
import { type Loaded, readAll, type WeightReader, type WeightSource } from './weight-source.ts';

export interface Gpt2Config {
  readonly modelType: 'gpt2';
  readonly vocabSize: number;
  readonly nCtx: number;
  readonly dModel: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly dMlp: number;
  readonly activation: string;
  readonly eps: number;
  readonly scaleScores: boolean;
  readonly scaleByLayer: boolean;
  readonly tied: boolean;
}

/** Reads every field that transformers' GPT2Config has; FormatError for one it does not have. */
export function readGpt2Config(json: unknown, where = 'config.json'): Gpt2Config {
  const c = new ConfigReader(json, where);
  c.only('model_type', 'gpt2');
  c.only('add_cross_attention', false);
  c.inert(...inertEverywhere, ...generationFields);
  c.inert('attn_pdrop', 'embd_pdrop', 'resid_pdrop', 'initializer_range', 'gradient_checkpointing', 'n_ctx');
  c.inert('summary_activation', 'summary_first_dropout', 'summary_proj_to_labels', 'summary_type', 'summary_use_proj');
  c.inert('reorder_and_upcast_attn'); // a matter of precision; sums are wider here anyway
  const dModel = c.size('n_embd', 768);
  const config: Gpt2Config = {
    modelType: 'gpt2',
    vocabSize: c.size('vocab_size', 50257),
    nCtx: c.size('n_positions', 1024),
    dModel,
    nLayers: c.size('n_layer', 12),
    nHeads: c.size('n_head', 12),
    dMlp: c.size('n_inner', 4 * dModel),
    activation: c.text('activation_function', 'gelu_new'),
    eps: c.positive('layer_norm_epsilon', 1e-5),
    scaleScores: c.flag('scale_attn_weights', true),
    scaleByLayer: c.flag('scale_attn_by_inverse_layer_idx', false),
    tied: c.flag('tie_word_embeddings', true),
  };
  c.finish();
  checkActivation(config.activation, where);
  if (dModel % config.nHeads !== 0) {
    throw new FormatError(`config field "n_head" must divide "n_embd" (${dModel}), got ${config.nHeads}`, { where });
  }
  return config;
}

/** Loads the weights tensor by tensor. WeightError for a tensor that is missing, misshapen or unknown. */
export function loadGpt2(source: WeightSource, config: Gpt2Config): Promise<Loaded<Gpt2Weights>> {
  return readAll(source, (reader) => readGpt2(reader, config));
}

export async function readGpt2(reader: WeightReader, c: Gpt2Config): Promise<Gpt2Weights> {
  const { dModel: D, dMlp: F, vocabSize: V } = c;
  const p = reader.prefix('wte.weight', ['transformer.', '']);
  const norm = async (name: string): Promise<Norm> => ({
    gain: await reader.take(`${p}${name}.weight`, [D]),
    shift: await reader.take(`${p}${name}.bias`, [D]),
    eps: c.eps,
  });
  const affine = async (name: string, from: number, to: number): Promise<Affine> => ({
    weight: await reader.take(`${p}${name}.weight`, [from, to], 'linear [in, out]'),
    bias: await reader.take(`${p}${name}.bias`, [to]),
  });

  const tokenEmbedding = await reader.take(`${p}wte.weight`, [V, D], 'table', { fine: true });
  const positionEmbedding = await reader.take(`${p}wpe.weight`, [c.nCtx, D], 'table', { wide: true }); // small, and added
  const blocks: Gpt2Block[] = [];
  for (let i = 0; i < c.nLayers; i++) {
    const scale = (c.scaleScores ? 1 / Math.sqrt(D / c.nHeads) : 1) / (c.scaleByLayer ? i + 1 : 1);
    blocks.push({
      ln1: await norm(`h.${i}.ln_1`),
      attn: {
        qkv: await affine(`h.${i}.attn.c_attn`, D, 3 * D),
        proj: await affine(`h.${i}.attn.c_proj`, D, D),
        nHeads: c.nHeads,
        scale,
      },
      ln2: await norm(`h.${i}.ln_2`),
      mlp: {
        up: await affine(`h.${i}.mlp.c_fc`, D, F),
        down: await affine(`h.${i}.mlp.c_proj`, F, D),
        activation: activationNamed(c.activation),
      },
    });
  }
  const lnFinal = await norm('ln_f');
  reader.skip(/(^|\.)h\.\d+\.attn\.(masked_)?bias$/); // causal-mask buffers of old versions

  const head = 'lm_head.weight';
  const tied = !reader.has(head) || (c.tied && (await reader.isCopy(head, `${p}wte.weight`)));
  const unembed = tied ? tokenEmbedding : await reader.take(head, [V, D], 'linear [out, in]', { fine: true });
  return { tokenEmbedding, positionEmbedding, blocks, lnFinal, unembed };
}
