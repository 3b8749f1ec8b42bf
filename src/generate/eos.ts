import type { ResolvedOptions } from './option-table.ts';

/** The ids that end a row; none where only length does. */
export function eosIds({ eos_token_id }: Pick<ResolvedOptions, 'eos_token_id'>): readonly number[] {
  if (eos_token_id === null) return [];
  return typeof eos_token_id === 'number' ? [eos_token_id] : eos_token_id;
}

/** What fills a row that ended before others. Only rows that can end are ever filled, so there is always an id. */
export function padId(options: Pick<ResolvedOptions, 'eos_token_id' | 'pad_token_id'>): number {
  return options.pad_token_id ?? eosIds(options)[0] ?? 0;
}
