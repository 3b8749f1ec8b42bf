/** Tiny configs of every kind, as Hugging Face writes them. */
import fc from 'fast-check';
import type { Fusion } from '../../src/models/llm-to-slm.ts';

export interface Gpt2Json {
  readonly model_type: 'gpt2';
  readonly vocab_size: number;
  readonly n_positions: number;
  readonly n_embd: number;
  readonly n_layer: number;
  readonly n_head: number;
  readonly n_inner: number | null;
  readonly activation_function: string;
  readonly scale_attn_weights: boolean;
  readonly scale_attn_by_inverse_layer_idx: boolean;
  readonly tie_word_embeddings: boolean;
}

export interface T5Json {
  readonly model_type: 't5';
  readonly vocab_size: number;
  readonly d_model: number;
  readonly d_kv: number;
  readonly num_heads: number;
  readonly d_ff: number;
  readonly num_layers: number;
  readonly num_decoder_layers: number;
  readonly relative_attention_num_buckets: number;
  readonly relative_attention_max_distance: number;
  readonly feed_forward_proj: string;
  readonly tie_word_embeddings: boolean;
  readonly scale_decoder_outputs: boolean;
}

const size = (max: number) => fc.integer({ min: 1, max });

/** Positions of every GPT-2 here. */
export const N_POSITIONS = 24;

export const gpt2Config: fc.Arbitrary<Gpt2Json> = fc
  .record({
    heads: size(3),
    dHead: size(4),
    vocab_size: fc.integer({ min: 5, max: 20 }),
    n_layer: size(3),
    n_inner: fc.option(size(9), { freq: 2 }),
    activation_function: fc.constantFrom('gelu_new', 'gelu', 'relu', 'silu', 'tanh'),
    scale_attn_weights: fc.boolean(),
    scale_attn_by_inverse_layer_idx: fc.boolean(),
    tie_word_embeddings: fc.boolean(),
  })
  .map(({ heads, dHead, ...rest }) => ({
    ...rest,
    model_type: 'gpt2',
    n_positions: N_POSITIONS,
    n_head: heads,
    n_embd: heads * dHead,
  }));

/** The heads' widths need not add up to the model's. */
export const t5Config: fc.Arbitrary<T5Json> = fc.record({
  model_type: fc.constant('t5'),
  vocab_size: fc.integer({ min: 5, max: 20 }),
  d_model: fc.integer({ min: 2, max: 9 }),
  d_kv: size(4),
  num_heads: size(3),
  d_ff: size(9),
  num_layers: size(2),
  num_decoder_layers: size(3),
  relative_attention_num_buckets: fc.constantFrom(4, 8, 32),
  relative_attention_max_distance: fc.integer({ min: 33, max: 128 }),
  feed_forward_proj: fc.constantFrom('relu', 'gated-gelu', 'gated-silu', 'gelu_new', 'gated-relu'),
  tie_word_embeddings: fc.boolean(),
  scale_decoder_outputs: fc.boolean(),
});

/** A hybrid's parts; both models have the vocabulary V. */
export interface HybridJson {
  readonly llm: T5Json;
  readonly slm: Gpt2Json | T5Json;
  readonly fusion: Fusion;
  /** Hidden width of the projector. */
  readonly hidden: number;
}

export const V = 12;

export const hybridConfig: fc.Arbitrary<HybridJson> = fc
  .record({
    llm: t5Config,
    slm: fc.oneof(gpt2Config, t5Config),
    fusion: fc.constantFrom('add' as const, 'replace' as const),
    hidden: size(6),
  })
  .map(({ llm, slm, ...rest }) => ({ ...rest, llm: { ...llm, vocab_size: V }, slm: { ...slm, vocab_size: V } }));

/** Which numbers the weights hold. */
export const weightSeed: fc.Arbitrary<number> = fc.nat(1000);

/** Rows of ids of one length, of any vocabulary: taken modulo its size. */
export const idRows = (maxRows: number, maxColumns: number): fc.Arbitrary<number[][]> =>
  fc.tuple(size(maxRows), fc.integer({ min: 2, max: maxColumns })).chain(([B, T]) => {
    const row = fc.array(fc.nat(999), { minLength: T, maxLength: T });
    return fc.array(row, { minLength: B, maxLength: B });
  });

/** Rows of ids, each of its own length. */
export const raggedRows = (maxRows: number, maxColumns: number): fc.Arbitrary<number[][]> =>
  fc.array(fc.array(fc.nat(999), { minLength: 1, maxLength: maxColumns }), { minLength: 2, maxLength: maxRows });

/** Where padding stands. */
export const side = fc.constantFrom('left' as const, 'right' as const);

/** Sizes of pieces; `cut` brings them to a whole. */
export const pieceSizes: fc.Arbitrary<number[]> = fc.array(size(4), { minLength: 1, maxLength: 6 });

export function inVocabulary(rows: readonly number[][], vocabSize: number): number[][] {
  return rows.map((row) => row.map((id) => id % vocabSize));
}

/** Where each piece begins and ends: sizes taken in turn until `length` is used up. */
export function cut(length: number, sizes: readonly number[]): [from: number, to: number][] {
  const pieces: [number, number][] = [];
  for (let from = 0, i = 0; from < length; i++) {
    const to = Math.min(length, from + sizes[i % sizes.length]);
    pieces.push([from, to]);
    from = to;
  }
  return pieces;
}
