import { OptionError } from '../errors.ts';
import { type Observer, runFor } from '../models/run.ts';
import { newTokenLimit } from './limits.ts';
import type { ResolvedOptions } from './option-table.ts';
import type { Prompt } from './prompt.ts';
import { randomSeed } from './random.ts';
import type { Request } from './request.ts';
import type { Session } from './session.ts';
import { takingTurns } from './turns.ts';

/** What belongs to one call and is no option of generation. */
export interface Hooks {
  /** Ends the call at the next step; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly observer?: Observer;
  /** `performance.now()` when the prompt began to be read, for the timings. */
  readonly began?: number;
}

export interface Timings {
  /** From `began` until the prompt's logits were there. */
  readonly prefill_ms: number;
  /** From there to the end. */
  readonly decode_ms: number;
  /** Mean time between two tokens of a row: decode_ms by passes of the model behind the prompt. */
  readonly ms_per_token: number;
  /** Tokens written in all rows, fillers not counted. */
  readonly tokens: number;
}

/** A request, and the clock of its call. */
export interface Prepared {
  readonly request: Request;
  readonly timings: (steps: number, tokens: number) => Timings;
}

/**
 * Checks that prompt and session fit each other and the options fit both, before anything runs.
 *
 * Errors    OptionError for rows of different lengths, and for lengths that do not fit
 */
export function prepare(
  session: Session,
  prompt: Prompt,
  options: ResolvedOptions,
  hooks: Hooks,
  keep: Request['keep'],
): Prepared {
  const { signal, observer, began = performance.now() } = hooks;
  const columns = prompt.ids[0]?.length;
  if (prompt.ids.length !== session.rows || prompt.ids.some(({ length }) => length !== columns)) {
    throw new OptionError(
      `"ids" of the prompt must be ${session.rows} rows of one length, got lengths ${prompt.ids.map(({ length }) => length).join(', ')}`,
      {
        op: 'generate',
        hint: 'pad the shorter prompts',
      },
    );
  }
  const limit = newTokenLimit(options, prompt, session.room);
  session.expect?.(limit - 1); // the last one is never read
  let ready = began;
  const request: Request = {
    session,
    prompt,
    options,
    limit,
    seed: options.seed ?? (options.do_sample ? randomSeed() : 0), // the first draw of a process takes 4 ms
    run: runFor(observer).in('sample'),
    turn: takingTurns(signal),
    prefilled: () => {
      ready = performance.now();
    },
    keep,
  };
  const timings = (steps: number, tokens: number): Timings => {
    const decode_ms = performance.now() - ready;
    return { prefill_ms: ready - began, decode_ms, ms_per_token: decode_ms / Math.max(1, steps - 1), tokens };
  };
  return { request, timings };
}
