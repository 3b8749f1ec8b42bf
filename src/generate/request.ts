import type { Run } from '../models/run.ts';
import type { ResolvedOptions } from './option-table.ts';
import type { Prompt } from './prompt.ts';
import type { Session } from './session.ts';

export type FinishReason = 'stop' | 'length';

/** All that a strategy (one token a row, or beams) works with. */
export interface Request {
  readonly session: Session;
  readonly prompt: Prompt;
  readonly options: ResolvedOptions;
  /** Tokens a row may get. */
  readonly limit: number;
  /** What all draws come from. */
  readonly seed: number;
  /** Where the values of the catalogue's `sample.*` are offered. */
  readonly run: Run;
  /** Awaited at every step. */
  readonly turn: () => Promise<void>;
  /** Told when the prompt's logits are there. */
  readonly prefilled: () => void;
  /** What anyone asks for beside the scores: the logits, or the log-probability of each token alone. */
  readonly keep: 'logits' | 'logprobs' | undefined;
}
