/** Bytes from `begin` to `end` of a source. */
export interface Run {
  readonly begin: number;
  readonly end: number;
}

/** Bytes that nobody asked for and that are read all the same, where that saves a read. */
const gap = 4096;

/** Runs that cover all of these, in order: what lies near each other is in one of them. */
export function joinRuns(wanted: readonly Run[]): Run[] {
  const runs: Run[] = [];
  for (const { begin, end } of wanted.toSorted((a, b) => a.begin - b.begin)) {
    const last = runs.at(-1);
    if (last === undefined || begin > last.end + gap) runs.push({ begin, end });
    else runs[runs.length - 1] = { begin: last.begin, end: Math.max(end, last.end) };
  }
  return runs;
}
