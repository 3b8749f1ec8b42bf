/** Names and config of T5 checkpoints (v1.0, v1.1, Flan) as Hugging Face writes them → typed weights. */
import { FormatError } from '../errors.ts';
import { activationNamed } from '../kernels/activations.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { ConfigReader, checkActivation, generationFields, inertEverywhere } from './config-reader.ts';
import type { RmsNorm, T5Attention, T5Block, T5EncoderWeights, T5Ends, T5Mlp, T5Stack, T5Weights } from './t5.ts';
import { type Loaded, readAll, type WeightReader, type WeightSource } from './weight-source.ts';

export interface T5Config {
  readonly modelType: 't5';
  readonly vocabSize: number;
  readonly dModel: number;
  readonly dHead: number;
  readonly nHeads: number;
  readonly dMlp: number;
  readonly nLayers: number;
  readonly nDecoderLayers: number;
  readonly numBuckets: number;
  readonly maxDistance: number;
  readonly eps: number;
  readonly activation: string;
  readonly gated: boolean;
  readonly tied: boolean;
  /** Are the decoder's hidden states multiplied by dModel^−½ before the head? */
  readonly scaleOutputs: boolean;
  readonly padId: number;
  readonly decoderStartId: number;
}

/** Reads every field that transformers' T5Config has; FormatError for one it does not have. */
export function readT5Config(json: unknown, where = 'config.json'): T5Config {
  const c = new ConfigReader(json, where);
  c.only('model_type', 't5');
  c.only('tie_encoder_decoder', false);
  c.only('add_cross_attention', false, true);
  c.inert(...inertEverywhere, ...generationFields);
  c.inert(
    'dropout_rate',
    'classifier_dropout',
    'initializer_factor',
    'initializer_range',
    'gradient_checkpointing',
    'n_positions',
  );
  const { activation, gated } = readFeedForward(c, where);
  const nLayers = c.size('num_layers', 6);
  const tied = c.flag('tie_word_embeddings', true);
  const padId = c.id('pad_token_id') ?? 0;
  const config: T5Config = {
    modelType: 't5',
    vocabSize: c.size('vocab_size', 32128),
    dModel: c.size('d_model', 512),
    dHead: c.size('d_kv', 64),
    nHeads: c.size('num_heads', 8),
    dMlp: c.size('d_ff', 2048),
    nLayers,
    nDecoderLayers: c.size('num_decoder_layers', nLayers),
    numBuckets: c.size('relative_attention_num_buckets', 32),
    maxDistance: c.size('relative_attention_max_distance', 128),
    eps: c.positive('layer_norm_epsilon', 1e-6),
    activation,
    gated,
    tied,
    scaleOutputs: c.flag('scale_decoder_outputs', tied),
    padId,
    decoderStartId: c.id('decoder_start_token_id') ?? padId,
  };
  c.finish();
  return config;
}

/** `feed_forward_proj` says it all; the two fields derived from it must agree where they are present. */
function readFeedForward(c: ConfigReader, where: string): { activation: string; gated: boolean } {
  const text = c.text('feed_forward_proj', 'relu');
  const gated = text.startsWith('gated-');
  const name = gated ? text.slice('gated-'.length) : text;
  const activation = text === 'gated-gelu' ? 'gelu_new' : name; // v1.1 was trained with the tanh form
  checkActivation(activation, where);
  if (c.text('dense_act_fn', activation) !== activation || c.flag('is_gated_act', gated) !== gated) {
    throw new FormatError(`config fields "dense_act_fn" and "is_gated_act" contradict "feed_forward_proj": "${text}"`, {
      where,
      expected: { dense_act_fn: activation, is_gated_act: gated },
    });
  }
  return { activation, gated };
}

const headName = 'lm_head.weight';

/** Loads encoder, decoder and head, tensor by tensor. WeightError for a tensor that is missing, misshapen or unknown. */
export function loadT5(source: WeightSource, c: T5Config): Promise<Loaded<T5Weights>> {
  return readAll(source, (reader) => readT5(reader, c));
}

export async function readT5(reader: WeightReader, c: T5Config): Promise<T5Weights> {
  const { table, ...encoder } = await readEncoder(reader, c);
  const decoder = await readStack(reader, c, 'decoder', c.nDecoderLayers);
  reader.skip(/^decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/); // stray in old files
  const tied = c.tied && (!reader.has(headName) || (await reader.isCopy(headName, table)));
  const unembed = tied
    ? encoder.tokenEmbedding
    : await reader.take(headName, [c.vocabSize, c.dModel], 'linear [out, in]', { fine: true });
  return { ...encoder, decoder, unembed, unembedScale: c.scaleOutputs ? c.dModel ** -0.5 : 1 };
}

/** A decoder and a head in the file of an encoder. */
export const besideEncoder = /^(decoder\.|lm_head\.)/;

/** Loads the encoder; a decoder and a head in the file are left alone. */
export function loadT5Encoder(source: WeightSource, c: T5Config): Promise<Loaded<T5EncoderWeights>> {
  return readAll(source, (reader) => readT5Encoder(reader, c));
}

export async function readT5Encoder(reader: WeightReader, c: T5Config): Promise<T5EncoderWeights> {
  const { table: _, ...encoder } = await readEncoder(reader, c);
  reader.skip(besideEncoder);
  return encoder;
}

/** Loads the token table; all else is left alone. */
export function loadT5Table(source: WeightSource, c: T5Config): Promise<Loaded<Tensor>> {
  return readAll(source, async (reader) => {
    const table = await takeTable(reader, tokenTable(reader), c);
    for (const left of [tableCopies, besideEncoder, /^encoder\./]) reader.skip(left);
    return table;
  });
}

async function readEncoder(reader: WeightReader, c: T5Config): Promise<T5EncoderWeights & { table: string }> {
  const table = tokenTable(reader);
  const tokenEmbedding = await takeTable(reader, table, c);
  const encoder = await readStack(reader, c, 'encoder', c.nLayers);
  reader.skip(tableCopies);
  return { tokenEmbedding, encoder, table };
}

/** Some files hold the one table under several names. */
export const tableCopies = /^(shared|(encoder|decoder)\.embed_tokens)\.weight$/;

export function tokenTable(reader: WeightReader): string {
  return reader.prefix('', ['shared.weight', 'encoder.embed_tokens.weight', 'decoder.embed_tokens.weight']);
}

export function takeTable(reader: WeightReader, name: string, c: T5Config): Promise<Tensor> {
  return reader.take(name, [c.vocabSize, c.dModel], 'table', { fine: true });
}

type StackName = 'encoder' | 'decoder';

async function readStack(reader: WeightReader, c: T5Config, stack: StackName, nLayers: number): Promise<T5Stack> {
  const blocks: T5Block[] = [];
  for (let i = 0; i < nLayers; i++) blocks.push(await readT5Block(reader, c, stack, i));
  return { blocks, ...(await readT5Ends(reader, c, stack)) };
}

export async function readT5Ends(reader: WeightReader, c: T5Config, stack: StackName): Promise<T5Ends> {
  const bias = `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
  return {
    biasTable: await reader.take(bias, [c.numBuckets, c.nHeads]),
    maxDistance: c.maxDistance,
    finalNorm: await readNorm(reader, c, `${stack}.final_layer_norm`),
  };
}

export async function readT5Block(reader: WeightReader, c: T5Config, stack: StackName, i: number): Promise<T5Block> {
  const { dModel: D, dMlp: F } = c;
  const A = c.nHeads * c.dHead;
  const matrix = (name: string, out: number, from: number, wide = false) =>
    reader.take(`${name}.weight`, [out, from], 'linear [out, in]', { wide });
  const attention = async (name: string): Promise<T5Attention> => ({
    q: await matrix(`${name}.q`, A, D),
    k: await matrix(`${name}.k`, A, D),
    v: await matrix(`${name}.v`, A, D),
    proj: await matrix(`${name}.o`, D, A),
    nHeads: c.nHeads,
  });
  const mlp = async (name: string): Promise<T5Mlp> => ({
    up: await matrix(c.gated ? `${name}.wi_0` : `${name}.wi`, F, D),
    ...(c.gated && { gate: await matrix(`${name}.wi_1`, F, D) }),
    down: await matrix(`${name}.wo`, D, F, true), // what it reads and writes has the widest range of all
    activation: activationNamed(c.activation),
  });

  const layer = (j: number) => `${stack}.block.${i}.layer.${j}`;
  const norm = (j: number) => readNorm(reader, c, `${layer(j)}.layer_norm`);
  const last = stack === 'encoder' ? 1 : 2;
  return {
    ln1: await norm(0),
    attn: await attention(`${layer(0)}.SelfAttention`),
    ...(stack === 'decoder' && { cross: { ln: await norm(1), attn: await attention(`${layer(1)}.EncDecAttention`) } }),
    ln2: await norm(last),
    mlp: await mlp(`${layer(last)}.DenseReluDense`),
  };
}

async function readNorm(reader: WeightReader, c: T5Config, name: string): Promise<RmsNorm> {
  return { gain: await reader.take(`${name}.weight`, [c.dModel]), eps: c.eps };
}
