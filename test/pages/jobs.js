/**
 * Watches the jobs that are handed out to threads: their parts, and those of them that this thread does itself. Plain
 * JavaScript, because pages and other engines load it as it is.
 */
export function watchJobs() {
  const jobs = { parts: 0, own: 0 };
  const { store, sub } = Atomics;
  const left = 1; // crew.ts: the place of what is left of a job
  Atomics.store = (state, at, value) => {
    if (at === left) jobs.parts += value;
    return store(state, at, value);
  };
  Atomics.sub = (state, at, value) => {
    if (at === left) jobs.own += value;
    return sub(state, at, value);
  };
  return jobs;
}

/** Repeats `work` until other threads have done a part of it, or were refused; gives what it gave last. */
export async function untilHelped(jobs, model, work) {
  for (let i = 0; i < 100; i++) {
    const result = await work();
    if (jobs.parts > jobs.own || model.backendInfo.threads === 1) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return work();
}
