/** Going on where a run was cut off. */
import { keyOf } from './plan.mjs';

/**
 * The results to begin with: the earlier ones without what failed, or `fresh` where there are none. Figures of another build
 * or of other settings are not gone on with.
 */
export function resumed(earlier, fresh) {
  if (earlier === undefined) return fresh;
  const { machine, settings, runs, timed } = earlier;
  if (machine.commit !== fresh.machine.commit || JSON.stringify(settings) !== JSON.stringify(fresh.settings)) {
    throw new Error(`the results are of ${machine.commit} with ${JSON.stringify(settings)}: start a run of its own`);
  }
  const well = (taken) => taken.filter(({ error }) => error === undefined);
  return { ...earlier, runs: well(runs), timed: well(timed), absent: [] };
}

/** The turns of all repetitions that were not taken yet, in the order in which they are. */
export function turnsLeft(plan, repetitions, { runs, timed }) {
  const turns = Array.from({ length: repetitions }, (_, i) => plan.map((job) => ({ ...job, repetition: i + 1 })));
  const keyOfTurn = (turn) => `${turn.repetition} ${keyOf(turn)}`;
  const taken = new Set([...runs, ...timed].map(keyOfTurn));
  return turns.flat().filter((turn) => !taken.has(keyOfTurn(turn)));
}
