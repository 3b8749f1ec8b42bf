/** Ctrl-C ends the work at its next step; a second one ends the process at once. */
const controller = new AbortController();
const numbers = { SIGINT: 2, SIGTERM: 15 } as const;
let status: number | undefined;

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    status = 128 + numbers[name];
    controller.abort();
  });
}

/** Given to everything that takes time. */
export const signal = controller.signal;

/** The exit status of a process that was told to end; undefined while it was not. */
export const interruption = (): number | undefined => status;
