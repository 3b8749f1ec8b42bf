/** One rule that changes the scores of a row's next token. */
export interface LogitsProcessor {
  /** The option it stands for. */
  readonly name: string;
  /**
   * Changes `scores` [V] in place; −∞ means "never".
   *
   * `tokens` are the ids of the row so far: what the prompt shows to processors, then what was written.
   */
  process(tokens: ArrayLike<number>, scores: Float32Array): void;
}

/** Applies a list of processors in order. */
export function processAll(
  processors: readonly LogitsProcessor[],
  tokens: ArrayLike<number>,
  scores: Float32Array,
): void {
  for (const processor of processors) processor.process(tokens, scores);
}
