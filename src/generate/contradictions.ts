import { OptionError, show } from '../errors.ts';
import { offered, type ResolvedOptions } from './option-table.ts';
import type { Layer } from './options.ts';

const onlySampling = ['temperature', 'top_k', 'top_p', 'min_p'] as const;
const onlyBeams = ['length_penalty', 'early_stopping'] as const;

/**
 * Rejects what cannot be meant: options that exclude each other, and options of a call that would do nothing there.
 * Hugging Face raises for the first and warns of the second. What a model's files say may lie unused.
 */
export function checkContradictions(options: ResolvedOptions, layers: readonly Layer[]): void {
  const { do_sample, num_beams, num_return_sequences, max_new_tokens, min_new_tokens, max_length, min_length } =
    options;
  const fail = (message: string, hint?: string): never => {
    throw new OptionError(message, { op: 'generate', hint });
  };
  const said = (name: keyof ResolvedOptions): boolean => {
    const layer = layers.find(({ values }) => values[name] !== undefined && values[name] !== null);
    return (
      layer?.explicit === true && options[name] !== offered[name].neutral && options[name] !== offered[name].unsaid
    );
  };
  for (const name of onlySampling) {
    if (!do_sample && said(name))
      fail(
        `"${name}" (${show(options[name])}) does nothing without do_sample: true`,
        'set do_sample: true, or leave it out',
      );
  }
  for (const name of onlyBeams) {
    if (num_beams === 1 && said(name))
      fail(
        `"${name}" (${show(options[name])}) does nothing with "num_beams" 1`,
        'set num_beams above 1, or leave it out',
      );
  }
  for (const { values, explicit } of layers) {
    for (const [a, b] of [
      ['max_new_tokens', 'max_length'],
      ['min_new_tokens', 'min_length'],
    ]) {
      if (explicit && (values[a] ?? null) !== null && (values[b] ?? null) !== null) {
        fail(
          `"${a}" (${show(values[a])}) and "${b}" (${show(values[b])}) say the same thing twice`,
          'give one of them',
        );
      }
    }
  }
  if (num_beams > 1 && num_return_sequences > num_beams) {
    fail(`"num_return_sequences" (${num_return_sequences}) must be at most "num_beams" (${num_beams})`);
  }
  if (num_beams === 1 && !do_sample && num_return_sequences > 1) {
    fail(
      `"num_return_sequences" (${num_return_sequences}) must be 1 without beams or sampling: every sequence would be the same`,
      'set num_beams or do_sample: true',
    );
  }
  const tooLong = (least: number, most: number | null): boolean => most !== null && least > most;
  if (tooLong(min_new_tokens, max_new_tokens))
    fail(`"min_new_tokens" (${min_new_tokens}) must be at most "max_new_tokens" (${max_new_tokens})`);
  if (tooLong(min_length, max_length))
    fail(`"min_length" (${min_length}) must be at most "max_length" (${max_length})`);
}
