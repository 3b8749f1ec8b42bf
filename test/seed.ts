/** The one place where randomness of the tests comes from: fixed by default, overridden by BATON_SEED and BATON_RUNS. */
import type fc from 'fast-check';

export const seed = number('BATON_SEED', process.env.BATON_SEED, 20240216);
/** Multiplies the number of runs of every property: `BATON_RUNS=20 npm test` searches deeper. */
export const effort = number('BATON_RUNS', process.env.BATON_RUNS, 1);

/** Parameters of one property: `fc.assert(property, runs(100))`. */
export function runs(numRuns: number): fc.Parameters<unknown> {
  return { seed, numRuns: Math.max(1, Math.round(numRuns * effort)) };
}

/** A variable that is no number would make every property run once: an error instead. Empty counts as unset. */
function number(name: string, text: string | undefined, otherwise: number): number {
  const value = Number(text || otherwise);
  if (!Number.isFinite(value)) throw new Error(`${name} must be a number, got "${text}"`);
  return value;
}
