/** The one place where randomness of the tests comes from: fixed by default, overridden by BATON_SEED and BATON_RUNS. */
import type fc from 'fast-check';

export const seed = Number(process.env.BATON_SEED ?? 20240216);
/** Multiplies the number of runs of every property; `npm run test:deep` raises it. */
export const effort = Number(process.env.BATON_RUNS ?? 1);

/** Parameters of one property: `fc.assert(property, runs(100))`. */
export function runs(numRuns: number): fc.Parameters<unknown> {
  return { seed, numRuns: Math.max(1, Math.round(numRuns * effort)) };
}
