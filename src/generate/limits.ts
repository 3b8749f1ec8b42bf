import { OptionError } from '../errors.ts';
import type { ResolvedOptions } from './option-table.ts';
import { columnsOf, type Prompt } from './prompt.ts';

const unsaidNewTokens = 20;

/**
 * How many tokens a call may write. Without any word about length that is 20, or as many as the model's positions
 * hold; a length that was asked for and does not fit is an error before anything runs.
 *
 * `room` positions can still be read, and the last token written is never read: room + 1 tokens fit.
 *
 * Errors    OptionError where no token or not all of them fit, and where the least is more than the most
 * Source    transformers v5, `_prepare_generated_length` and `_validate_generated_length`
 */
export function newTokenLimit(options: ResolvedOptions, prompt: Prompt, room: number): number {
  const { max_new_tokens, max_length, min_length, min_new_tokens } = options;
  const columns = columnsOf(prompt);
  const name = max_new_tokens === null ? 'max_length' : 'max_new_tokens';
  const asked = max_new_tokens ?? (max_length === null ? null : max_length - columns);
  const fail = (message: string, hint?: string): never => {
    throw new OptionError(message, { op: 'generate', hint });
  };
  if (asked !== null && asked < 1)
    fail(
      `"max_length" (${max_length}) must be more than the ${columns} columns of the prompt`,
      'max_new_tokens counts new tokens alone',
    );
  if (asked !== null && asked > room + 1) {
    fail(
      `"${name}" asks for ${asked} new tokens behind ${columns} columns of prompt; the model's positions hold ${room + 1} more`,
      'shorten the prompt, or ask for less',
    );
  }
  const limit = asked ?? Math.min(unsaidNewTokens, room);
  if (limit < 1) fail(`the prompt fills all positions of the model: no room for a new token`, 'shorten the prompt');
  const least = Math.max(min_new_tokens, min_length - columns);
  if (least > limit) {
    const minimum = min_new_tokens > 0 ? `"min_new_tokens" (${min_new_tokens})` : `"min_length" (${min_length})`;
    fail(
      `${minimum} asks for at least ${least} new tokens, and at most ${limit} are allowed`,
      'lower it, or raise max_new_tokens',
    );
  }
  return limit;
}
