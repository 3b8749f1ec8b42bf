/** What `work` comes to; after an abort at once the signal's reason, and nobody hears of `work` any more. */
export function unlessAborted<T>(work: Promise<T>, signals: readonly (AbortSignal | undefined)[]): Promise<T> {
  const given = signals.filter((signal) => signal !== undefined);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      for (const signal of given) signal.removeEventListener('abort', stop);
      const aborted = given.find((signal) => signal.aborted);
      if (aborted === undefined) work.then(resolve, reject);
      else reject(aborted.reason);
    };
    for (const signal of given) signal.addEventListener('abort', stop);
    if (given.some((signal) => signal.aborted)) stop();
    work.then(stop, stop);
  });
}
