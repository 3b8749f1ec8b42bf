import { startHelper } from '#platform';

/** A thread beside this one. */
export interface Helper {
  stop(): void;
}

/** Places in the control array: jobs so far, parts that are not done, helpers that are up, the next part to take, sleepers. */
const [GO, LEFT, READY, NEXT, ASLEEP] = [0, 1, 2, 3, 4];
const stateSize = 5;
const jobAt = 24;
const controlBytes = 256;
/** Most parts of a job: its number and a part's share one word. */
export const mostParts = 255;

/**
 * Milliseconds for which a helper looks for the next job before it sleeps: longer than the gaps within a token. To wake it
 * took the caller 10 to 40 µs, and itself 50, as long as a linear layer of GPT-2.
 */
const awake = 1;
/** Milliseconds for which the caller looks whether the last part is done: longer than most take. */
const patience = 0.3;

/**
 * What a helper runs. It sleeps between calls of a model. It reads GO before it reports: a job handed out in between would
 * be missed; and counts as asleep before it looks at GO for the last time: who hands one out will see it.
 *
 * A part is taken by counting NEXT up while it still names this job: a helper that wakes late takes nothing, and its
 * arguments, which the next job may be overwriting, are never used.
 */
const script = `
function serve({ module, memory, control, names }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = names.map((name) => exports[name]);
  const state = new Int32Array(control, 0, ${stateSize});
  const job = new Float64Array(control, ${jobAt});
  let seen = Atomics.load(state, ${GO});
  Atomics.add(state, ${READY}, 1);
  for (;;) {
    for (let i = 1, until = performance.now() + ${awake}; Atomics.load(state, ${GO}) === seen; i++)
      if (i % 100 === 0 && performance.now() > until) break;
    while (Atomics.load(state, ${GO}) === seen) {
      Atomics.add(state, ${ASLEEP}, 1);
      Atomics.wait(state, ${GO}, seen);
      Atomics.sub(state, ${ASLEEP}, 1);
    }
    seen = Atomics.load(state, ${GO});
    const kernel = kernels[job[0]], parts = job[1], args = job.slice(3, 3 + job[2]);
    for (;;) {
      const next = Atomics.load(state, ${NEXT});
      if (next >>> 8 !== (seen & 0xffffff) || (next & 255) >= parts) break;
      if (Atomics.compareExchange(state, ${NEXT}, next, next + 1) !== next) continue;
      kernel(...args, next & 255, parts);
      if (Atomics.sub(state, ${LEFT}, 1) === 1) Atomics.notify(state, ${LEFT});
    }
  }
}`;

/**
 * Threads that share one memory and split a kernel's work by its outputs: no sum is ever cut, so that their number
 * changes no bit. A job has more parts than there are threads, and each takes the next when it is done with one: a
 * helper that the system keeps waiting holds nobody up. Helpers start at the first job; until all are up, the caller
 * does everything itself.
 */
export class Crew {
  /** Threads at work, this one included. */
  readonly size: number;
  readonly #names: readonly string[];
  readonly #state: Int32Array;
  readonly #job: Float64Array;
  readonly #start: () => Helper;
  #helpers: readonly Helper[] | undefined;
  #failure: string | undefined;

  constructor(size: number, module: WebAssembly.Module, memory: WebAssembly.Memory, names: readonly string[]) {
    const control = new SharedArrayBuffer(controlBytes);
    this.size = size;
    this.#names = names;
    this.#state = new Int32Array(control, 0, stateSize);
    this.#job = new Float64Array(control, jobAt);
    this.#start = () =>
      startHelper(script, { module, memory, control, names }, (why) => {
        this.#failure = why;
      });
  }

  /** Why there is no help, if there is none. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Are all helpers up? The first question starts them. */
  get ready(): boolean {
    if (this.#helpers === undefined) this.#hire();
    return this.#failure === undefined && Atomics.load(this.#state, READY) === this.size - 1;
  }

  /** Runs a kernel in parts, at most `mostParts`; `own` does one of them here. Returns when all are done. */
  run(name: string, args: readonly number[], parts: number, own: (part: number) => void): void {
    const [state, job] = [this.#state, this.#job];
    const first = ((Atomics.load(state, GO) + 1) & 0xffffff) << 8;
    Atomics.store(state, NEXT, first | 255); // closed: a helper that is late may read the next job's `parts`, and take one more
    job[0] = this.#names.indexOf(name);
    job[1] = parts;
    job[2] = args.length;
    job.set(args, 3);
    Atomics.store(state, LEFT, parts);
    Atomics.store(state, NEXT, first);
    Atomics.add(state, GO, 1);
    if (Atomics.load(state, ASLEEP) > 0) Atomics.notify(state, GO);
    for (let next = first; next - first < parts; ) {
      const found = Atomics.compareExchange(state, NEXT, next, next + 1);
      if (found === next) {
        own(next - first);
        Atomics.sub(state, LEFT, 1);
      }
      next = Atomics.load(state, NEXT);
    }
    const until = performance.now() + patience;
    for (let i = 1; Atomics.load(state, LEFT) > 0; i++) if (i % 100 === 0 && performance.now() > until) this.#rest();
  }

  stop(): void {
    for (const helper of this.#helpers ?? []) helper.stop();
    this.#helpers = [];
    this.#failure = 'the backend was disposed';
  }

  #hire(): void {
    try {
      this.#helpers = Array.from({ length: this.size - 1 }, () => this.#start());
    } catch (error) {
      this.#helpers = [];
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** Gives the processor away for a while: another program may hold the one a helper needs. */
  #rest(): void {
    const left = Atomics.load(this.#state, LEFT);
    if (left > 0 && mayWait) Atomics.wait(this.#state, LEFT, left, 1);
  }
}

/** A page's own thread may not sleep; it spins, as long as the last part takes. */
const mayWait = typeof document === 'undefined';
