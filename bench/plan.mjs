/** What a run consists of: jobs, each a row of one model in a process of its own. */
import { curveJobs } from './curves.mjs';
import { median } from './measure.mjs';
import { nameOf } from './names.mjs';
import { isOurs, subjects } from './subjects.mjs';

/**
 * The jobs of one repetition, in the order in which they take turns: `{ model, row, asked }`, `asked` being what row.mjs is
 * told besides. With `needed` (measured.mjs) tables have only the rows and figures that it names; curves are few, and the
 * plot wants them all.
 */
export function planOf({ models, families, ours, peers, needed }) {
  const tables = models.flatMap((model) => {
    const rows = isOurs(model) ? ours : [...ours, ...peers];
    return rows.flatMap((row) => {
      const only = needed?.figures(model, nameOf(row));
      return only?.length === 0 ? [] : [{ model, row, asked: { ...subjects[model], only } }];
    });
  });
  return [...tables, ...curveJobs(families, ours, peers)];
}

/** What makes two jobs the same: in results of an earlier run, and for the time it took then. */
export const keyOf = ({ model, row, asked, tokens = asked?.tokens }) =>
  [model, nameOf(row), tokens && 'curve'].filter(Boolean).join(' ');

/** Seconds that a row and a curve of a model take where nothing is known of them: with --targets, on two cores. */
const usual = { gpt2: [20, 5], 't5-small': [8, 3], 't5-base': [15, 8], 't5-large': [40, 20], 'en-de/llm': [10, 1] };

/** Seconds of a job: the median of what it took in earlier runs, else what is usual for its model. */
export function secondsOf(job, earlier) {
  const took = earlier
    .filter((run) => run.took_s !== undefined && keyOf(run) === keyOf(job))
    .map(({ took_s }) => took_s);
  if (took.length > 0) return median(took);
  const [large] = job.model.split('+');
  return (usual[large] ?? usual['en-de/llm'])[job.asked.tokens ? 1 : 0];
}

/** `27 min`, `1 h 5 min`. */
export function spoken(seconds) {
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
