/** Milliseconds of work after which others get a turn: short enough for a smooth page. */
const longestTurn = 15;

/**
 * What a loop awaits at every step: rejects with the signal's reason once it is aborted, and lets timers, events and
 * input run every few milliseconds; without that nothing could abort a loop whose awaits never leave the microtasks.
 */
export function takingTurns(signal: AbortSignal | undefined): () => Promise<void> {
  let began = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - began < longestTurn) return;
    await macrotask();
    began = performance.now();
    signal?.throwIfAborted();
  };
}

/** Resolves after everything that already waits. Timers are throttled in hidden pages; a message is not. */
function macrotask(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (done: () => void) => void };
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
