import { BatonError, FormatError, nearestNames, show } from '../errors.ts';
import { activationNamed } from '../kernels/activations.ts';

/**
 * Reads a `config.json` field by field. What is read is checked, what is known to change nothing in inference is named
 * by `inert`, and `finish` rejects the rest: a field that nobody understood could have meant another model.
 */
export class ConfigReader {
  readonly #fields: Map<string, unknown>;
  readonly #known = new Set<string>();
  readonly #where: string;

  constructor(json: unknown, where: string) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new FormatError(`a config must be a JSON object, got ${show(json)}`, { where, got: json });
    }
    this.#fields = new Map(Object.entries(json));
    this.#where = where;
  }

  has(name: string): boolean {
    this.#known.add(name);
    const value = this.#fields.get(name);
    return value !== undefined && value !== null;
  }

  /** A whole number ≥ 1. */
  size(name: string, fallback?: number): number {
    return this.#read(name, fallback, 'a whole number ≥ 1', (v) => Number.isSafeInteger(v) && Number(v) >= 1);
  }

  /** A token id, or nothing; of a list the first. */
  id(name: string): number | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#fields.get(name);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0) {
      this.#reject(name, 'a whole number ≥ 0', value);
    }
    return first;
  }

  positive(name: string, fallback?: number): number {
    return this.#read(name, fallback, 'a number > 0', (v) => typeof v === 'number' && v > 0 && v < Infinity);
  }

  flag(name: string, fallback?: boolean): boolean {
    return this.#read(name, fallback, 'true or false', (v) => typeof v === 'boolean');
  }

  text(name: string, fallback?: string): string {
    return this.#read(name, fallback, 'a string', (v) => typeof v === 'string');
  }

  oneOf<T extends string>(name: string, choices: readonly T[], fallback?: T): T {
    const rule = `one of ${choices.map((c) => JSON.stringify(c)).join(', ')}`;
    return this.#read(name, fallback, rule, (v) => choices.some((c) => c === v));
  }

  /** Must be this value, or absent: the engine computes nothing else. */
  only(name: string, ...values: unknown[]): void {
    if (this.has(name) && !values.includes(this.#fields.get(name))) {
      this.#reject(name, `${values.map(show).join(' or ')} (nothing else is computed here)`, this.#fields.get(name));
    }
  }

  /** Fields that do not change what inference computes: training, initialisation, heads of other tasks, notes. */
  inert(...names: string[]): void {
    for (const name of names) this.#known.add(name);
  }

  /** FormatError when a field was left that nobody read. */
  finish(): void {
    for (const name of this.#fields.keys()) {
      if (this.#known.has(name)) continue;
      throw new FormatError(`config field ${show(name)} is not understood`, {
        where: this.#where,
        got: name,
        nearest: nearestNames(name, this.#known),
        hint: 'a field that is ignored may mean another computation; remove it if it means none',
      });
    }
  }

  #read<T>(name: string, fallback: T | undefined, rule: string, ok: (value: unknown) => boolean): T {
    if (!this.has(name)) {
      if (fallback !== undefined) return fallback;
      throw new FormatError(`config field ${show(name)} is missing`, { where: this.#where, expected: rule });
    }
    const value = this.#fields.get(name);
    if (!ok(value)) this.#reject(name, rule, value);
    return value as T;
  }

  #reject(name: string, rule: string, value: unknown): never {
    throw new FormatError(`config field ${show(name)} must be ${rule}, got ${show(value)} (${typeof value})`, {
      where: this.#where,
      expected: rule,
      got: value,
    });
  }
}

/** FormatError where no activation has this name; it says which config asks for it. */
export function checkActivation(name: string, where: string): void {
  try {
    activationNamed(name);
  } catch (error) {
    throw error instanceof BatonError ? error.at(where) : error;
  }
}

/**
 * Fields that transformers writes into every config and that change nothing here. Old files keep generation defaults
 * among them; those are read by `generate`, which has a table of its own.
 */
export const inertEverywhere = [
  '_name_or_path _attn_implementation_autoset architectures auto_map chunk_size_feed_forward dtype finetuning_task id2label',
  'is_decoder is_encoder_decoder label2id model_type num_labels output_attentions output_hidden_states output_past',
  'prefix problem_type pruned_heads return_dict sep_token_id task_specific_params tf_legacy_loss tokenizer_class',
  'torch_dtype torchscript transformers_version use_bfloat16 use_cache',
].flatMap((line) => line.split(' '));

/** Generation defaults that old configs carry. */
export const generationFields = [
  'bad_words_ids begin_suppress_tokens bos_token_id decoder_start_token_id diversity_penalty do_sample early_stopping',
  'encoder_no_repeat_ngram_size eos_token_id exponential_decay_length_penalty forced_bos_token_id forced_eos_token_id',
  'length_penalty max_length min_length no_repeat_ngram_size num_beam_groups num_beams num_return_sequences output_scores',
  'pad_token_id remove_invalid_values repetition_penalty return_dict_in_generate suppress_tokens temperature top_k top_p typical_p',
].flatMap((line) => line.split(' '));
