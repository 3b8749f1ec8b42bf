/** What a value must be: a rule to print, and the test of it. */
export interface Kind<T> {
  readonly rule: string;
  readonly is: (value: unknown) => value is T;
}

/** One option of `generate`. `neutral` is the value that does nothing; null in a call means it. */
export interface Option<T> {
  readonly kind: Kind<unknown>;
  readonly neutral: T;
  /** What holds where nobody says anything. */
  readonly unsaid: T;
}

function option<T, N>(kind: Kind<T>, neutral: N, unsaid: T | N = neutral): Option<T | N> {
  return { kind, neutral, unsaid };
}

const isNumber = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v);
const isWhole = (v: unknown, least: number): v is number => isNumber(v) && Number.isSafeInteger(v) && v >= least;

const whole = (least: number): Kind<number> => ({
  rule: `a whole number ≥ ${least}`,
  is: (v): v is number => isWhole(v, least),
});
const above0: Kind<number> = { rule: 'a finite number > 0', is: (v): v is number => isNumber(v) && v > 0 };
const anyNumber: Kind<number> = { rule: 'a finite number', is: isNumber };
const fraction: Kind<number> = {
  rule: 'a number in [0, 1]',
  is: (v): v is number => isNumber(v) && v >= 0 && v <= 1,
};
const flag: Kind<boolean> = { rule: 'true or false', is: (v): v is boolean => typeof v === 'boolean' };
const id: Kind<number> = { rule: 'a token id (a whole number ≥ 0)', is: (v): v is number => isWhole(v, 0) };
const idOrIds: Kind<number | readonly number[]> = {
  rule: 'a token id, a list of at least one, or null',
  is: (v): v is number | readonly number[] =>
    isWhole(v, 0) || (Array.isArray(v) && v.length > 0 && v.every((each) => isWhole(each, 0))),
};
const stopping: Kind<boolean | 'never'> = {
  rule: 'true, false or "never"',
  is: (v): v is boolean | 'never' => typeof v === 'boolean' || v === 'never',
};

/**
 * The options offered, with Hugging Face's spelling and meaning. Types, checks and defaults all come from this table.
 *
 * Source    transformers v5, GenerationConfig
 */
export const offered = {
  /** Tokens to write at most. Default 20, or what still fits the model if that is less. */
  max_new_tokens: option(whole(1), null),
  /** The same, the prompt's columns (embedded ones too) or the decoder start included. */
  max_length: option(whole(1), null),
  /** No end-of-sequence token before this many columns, the prompt's included. */
  min_length: option(whole(0), 0),
  /** No end-of-sequence token before this many new tokens. */
  min_new_tokens: option(whole(0), 0),
  /** Draw from the distribution instead of taking the best token. */
  do_sample: option(flag, false),
  /** Divides the scores before the draw: below 1 sharper, above 1 flatter. */
  temperature: option(above0, 1),
  /** Only the k best tokens may be drawn; 0 for all. Default 50, as in Hugging Face. */
  top_k: option(whole(0), 0, 50),
  /** Only the smallest set of best tokens that holds this much probability may be drawn; 1 for all. */
  top_p: option(fraction, 1),
  /** Only tokens with at least this share of the best token's probability may be drawn; 0 for all. */
  min_p: option(fraction, 0),
  /** Above 1 makes tokens that already stand there less likely, below 1 more. */
  repetition_penalty: option(above0, 1),
  /** Where the draws come from; without one a seed is chosen and told in the output. */
  seed: option(whole(0), null),
  /** The token, or any of the tokens, that ends a row; null: only length ends it. */
  eos_token_id: option(idOrIds, null),
  /** What fills rows that ended before others. Default: the first `eos_token_id`. */
  pad_token_id: option(id, null),
  bos_token_id: option(id, null),
  /** What an encoder-decoder begins with. Default: `bos_token_id`. */
  decoder_start_token_id: option(id, null),
  /** Hypotheses kept in beam search; 1 for none. */
  num_beams: option(whole(1), 1),
  /** Beam scores are divided by length to this power: above 0 favours long, below 0 short. */
  length_penalty: option(anyNumber, 1),
  /** When beam search ends: true as soon as enough ended, false when better is unlikely, 'never' when impossible. */
  early_stopping: option(stopping, false),
  /** Sequences returned for each prompt. */
  num_return_sequences: option(whole(1), 1),
  /** Return the scores after all processors, of every step. */
  output_scores: option(flag, false),
  /** Return the model's logits of every step. */
  output_logits: option(flag, false),
};

/** Options as they hold for one call: checked, complete, free of contradictions. */
export type ResolvedOptions = {
  readonly [K in keyof typeof offered]: (typeof offered)[K] extends Option<infer T> ? T : never;
};

/** Known to Hugging Face and not offered: the values (null apart) that ask for nothing. */
export const notOffered = {
  // how long
  max_time: [],
  stop_strings: [],
  // strategies
  use_mtp: [false],
  penalty_alpha: [0],
  dola_layers: [],
  num_beam_groups: [1],
  diversity_penalty: [0],
  constraints: [],
  force_words_ids: [],
  low_memory: [false],
  // scores
  top_h: [],
  typical_p: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  encoder_repetition_penalty: [1],
  no_repeat_ngram_size: [0],
  encoder_no_repeat_ngram_size: [0],
  bad_words_ids: [],
  renormalize_logits: [false],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
  remove_invalid_values: [false],
  exponential_decay_length_penalty: [],
  suppress_tokens: [],
  begin_suppress_tokens: [],
  sequence_bias: [],
  token_healing: [false],
  guidance_scale: [1],
  watermarking_config: [],
  // cache and compilation
  use_cache: [true],
  cache_implementation: [],
  cache_config: [],
  max_cache_len: [],
  compile_config: [],
  disable_compile: [false, true],
  prefill_chunk_size: [],
  continuous_batching_config: [],
  // outputs
  return_dict_in_generate: [true],
  output_attentions: [false],
  output_hidden_states: [false],
  // assisted decoding
  is_assistant: [false],
  num_assistant_tokens: [20],
  num_assistant_tokens_schedule: ['constant'],
  assistant_confidence_threshold: [0.4],
  prompt_lookup_num_tokens: [],
  max_matching_ngram_size: [],
  assistant_early_exit: [],
  assistant_lookbehind: [10],
  target_lookbehind: [10],
  assistant_ensemble_weight: [],
  speculation_type: [],
  // arguments of Hugging Face's `generate` itself
  streamer: [],
  logits_processor: [],
  stopping_criteria: [],
  prefix_allowed_tokens_fn: [],
  synced_gpus: [false],
  assistant_model: [],
  assistant_tokenizer: [],
  negative_prompt_ids: [],
  negative_prompt_attention_mask: [],
  custom_generate: [],
  trust_remote_code: [false],
} satisfies Readonly<Record<string, readonly unknown[]>>;

/** Options as a caller may give them; null means "as if nobody had said anything, the model's files neither". */
export type GenerateOptions = {
  readonly [K in keyof ResolvedOptions]?: ResolvedOptions[K] | null;
} & {
  /** A whole set of options, weaker than those beside it. */
  readonly generation_config?: Readonly<Record<string, unknown>> | null;
} & {
  /** Known and not offered: an error, unless the value asks for nothing. */
  readonly [K in keyof typeof notOffered]?: unknown;
};

/** What `save_pretrained` writes about the file itself. */
export const metadata: ReadonlySet<string> = new Set(['_from_model_config', '_commit_hash', 'transformers_version']);
