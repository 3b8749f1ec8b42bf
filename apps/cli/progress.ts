import { SingleBar } from 'cli-progress';
import type { ProgressCallback } from '../../src/index.node.ts';
import { size } from './terminal.ts';

export interface Progress {
  /** How many bytes are done, of how many. */
  reach(done: number, total: number): void;
  /** Wipes the bar; nothing of it stays on the screen. */
  stop(): void;
}

/** Bytes that are done, on stderr, and only on a terminal. */
export function progress(what: string): Progress {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${what} {bar} {done} of {all}`,
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  let started = false;
  return {
    reach(done, total) {
      if (!process.stderr.isTTY) return;
      const told = { done: size(done), all: size(total) };
      if (started) {
        bar.setTotal(total);
        bar.update(done, told);
      } else bar.start(total, done, told);
      started = true;
    },
    stop() {
      bar.stop();
      started = false;
    },
  };
}

/** The same for the loading of a model. */
export function loading(): { readonly progress_callback?: ProgressCallback; stop(): void } {
  if (!process.stderr.isTTY) return { stop() {} };
  const bar = progress('loading');
  return {
    progress_callback: (event) => {
      if (event.status === 'progress_total') bar.reach(event.loaded, event.total);
    },
    stop: () => bar.stop(),
  };
}
