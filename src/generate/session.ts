import type { Tensor } from '../tensor/tensor.ts';

/**
 * A prompt that a model has read, ready to be continued: one row a sequence, each with its cache.
 * Everything in this folder decodes over this and knows nothing else of a model.
 */
export interface Session {
  /** Sequences in the batch: prompts, or prompts × beams after `reorder`. */
  readonly rows: number;
  readonly vocabSize: number;
  /** How many more tokens fit (learned positions end somewhere); Infinity where nothing ends. */
  readonly room: number;
  /** Logits of each row's next token [rows V]: after the prompt, or after the last `next`. Owned by the session. */
  readonly logits: Tensor;
  /** At most so many more tokens will be read: nobody needs room for others. */
  expect?(tokens: number): void;
  /** Reads one more token in every row. */
  next(tokens: ArrayLike<number>): void;
  /** Row i continues what row from[i] was; there may be more rows or fewer than before. `logits` follows. */
  reorder(from: readonly number[]): void;
  dispose(): void;
}
