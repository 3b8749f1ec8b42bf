import { startHelper } from '#platform';
import { StateError } from '../../errors.ts';
import { weightKernels } from './kernels.ts';

/** A thread beside this one, which waits to be told what to serve with. */
export interface Helper {
  give(data: unknown): void;
  stop(): void;
}

/** Places in the control array: jobs so far, parts that are not done, helpers that are up, parts to take, sleepers, accidents. */
const [GO, LEFT, READY, NEXT, ASLEEP, BROKEN] = [0, 1, 2, 3, 4, 5];
const stateSize = 6;
const jobAt = 24;
const controlBytes = 256;
/** Most parts of a job: their number and the next one to take share a word, 8 bits each. */
export const mostParts = 255;

/**
 * Milliseconds for which a helper looks for the next job before it sleeps: longer than the gaps within a token. To wake it
 * took the caller 10 to 40 µs, and itself 50, as long as a linear layer of GPT-2.
 */
const awake = 1;
/** Kernels behind which it sleeps at once: the next piece of the file has to be read first, which needs the processor. */
const sleepBehind: ReadonlySet<string> = new Set(weightKernels);
/** Milliseconds for which the caller looks whether the last part is done: longer than most take. */
const patience = 0.3;
/** Milliseconds after which a thread that has not done its part is given up: a part takes 0.1, on a slow machine 10. */
const longest = 30_000;
/** A step of the clock counts as so much at most: a machine may sleep in between. */
const tick = 2;

/**
 * What a helper runs. It sleeps between calls of a model. It reads GO before it reports: a job handed out in between would
 * be missed; and counts as asleep before it looks at GO for the last time: who hands one out will see it.
 *
 * A part is taken by counting NEXT up. What the job is, is read only then: it stands still until this part is done, however
 * late the helper comes, and whichever job it meant to help with.
 */
const script = `
function serve({ module, memory, control, names, awake }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = names.map((name) => exports[name]);
  const state = new Int32Array(control, 0, ${stateSize});
  const job = new Float64Array(control, ${jobAt});
  const args = []; // one list for all parts: to cut one out of the job took longer than the smallest kernels
  let seen = Atomics.load(state, ${GO});
  let look = 0;
  Atomics.add(state, ${READY}, 1);
  for (;;) {
    for (let i = 1, until; Atomics.load(state, ${GO}) === seen; i++) {
      if (i % 100 !== 0) continue;
      until ??= performance.now() + look;
      if (performance.now() > until) break;
    }
    while (Atomics.load(state, ${GO}) === seen) {
      Atomics.add(state, ${ASLEEP}, 1);
      Atomics.wait(state, ${GO}, seen);
      Atomics.sub(state, ${ASLEEP}, 1);
    }
    seen = Atomics.load(state, ${GO});
    for (;;) {
      const next = Atomics.load(state, ${NEXT}), part = next & 255, parts = next >>> 8;
      if (part >= parts) break;
      if (Atomics.compareExchange(state, ${NEXT}, next, next + 1) !== next) continue;
      try {
        const count = job[1];
        args.length = count + 2;
        for (let i = 0; i < count; i++) args[i] = job[2 + i];
        args[count] = part;
        args[count + 1] = parts;
        look = awake[job[0]];
        kernels[job[0]](...args);
      } catch {
        Atomics.store(state, ${BROKEN}, 1);
      }
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
  readonly #control = new SharedArrayBuffer(controlBytes);
  readonly #state = new Int32Array(this.#control, 0, stateSize);
  readonly #job = new Float64Array(this.#control, jobAt);
  readonly #longest: number;
  #tools: { readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory } | undefined;
  #helpers: readonly Helper[] | undefined;
  #failure: string | undefined;

  constructor(size: number, names: readonly string[], options: { readonly longest?: number } = {}) {
    this.size = size;
    this.#names = names;
    this.#longest = options.longest ?? longest;
  }

  /** Why there is no help, if there is none. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Starts the helpers, which takes them about as long as it takes to compile the kernels. */
  hire(): void {
    if (this.#helpers !== undefined) return;
    const helpers: Helper[] = [];
    this.#helpers = helpers;
    this.#try(() => {
      while (helpers.length < this.size - 1) helpers.push(startHelper(script, (why) => this.#failed(why)));
    });
    this.#giveTools();
  }

  /** What helpers work with. */
  equip(module: WebAssembly.Module, memory: WebAssembly.Memory): void {
    this.#tools = { module, memory };
    this.#giveTools();
  }

  /** Are all helpers up? The first question starts them. */
  get ready(): boolean {
    this.hire();
    return this.#failure === undefined && Atomics.load(this.#state, READY) === this.size - 1;
  }

  /**
   * Runs a kernel in parts, at most `mostParts`; `own` does one of them here. Returns when all are done.
   *
   * Errors    StateError where a part failed in another thread, or a thread does not come back
   */
  run(name: string, args: readonly number[], parts: number, own: (part: number) => void): void {
    const [state, job] = [this.#state, this.#job];
    job[0] = this.#names.indexOf(name);
    job[1] = args.length;
    for (let i = 0; i < args.length; i++) job[2 + i] = args[i]; // `set` takes longer than the smallest kernels
    Atomics.store(state, LEFT, parts);
    Atomics.store(state, NEXT, parts << 8);
    Atomics.add(state, GO, 1);
    if (Atomics.load(state, ASLEEP) > 0) Atomics.notify(state, GO);
    let mistake: unknown;
    for (let next = Atomics.load(state, NEXT); (next & 255) < parts; next = Atomics.load(state, NEXT)) {
      if (Atomics.compareExchange(state, NEXT, next, next + 1) !== next) continue;
      try {
        own(next & 255);
      } catch (error) {
        mistake ??= error;
      }
      Atomics.sub(state, LEFT, 1);
    }
    this.#waitForOthers();
    if (mistake !== undefined) throw mistake;
    if (Atomics.exchange(state, BROKEN, 0) === 0) return;
    throw new StateError('a part of the work failed in another thread', { op: name });
  }

  stop(): void {
    this.#dismiss('the backend was disposed');
  }

  #giveTools(): void {
    if (this.#tools === undefined) return;
    const times = this.#names.map((name) => (sleepBehind.has(name) ? 0 : awake));
    const tools = { ...this.#tools, control: this.#control, names: this.#names, awake: times };
    this.#try(() => {
      for (const helper of this.#helpers ?? []) helper.give(tools);
    });
  }

  #try(start: () => void): void {
    try {
      start();
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  #failed(why: string): void {
    this.#failure = `no other thread could be started: ${why}`;
  }

  #dismiss(why: string): void {
    for (const helper of this.#helpers ?? []) helper.stop();
    this.#helpers = [];
    this.#failure = why;
  }

  /** Looks, then gives the processor away again and again: another program may hold the one a helper needs. */
  #waitForOthers(): void {
    let before: number | undefined; // the clock is not asked where the last part is done at once
    let waited = 0;
    for (let i = 1, left = 1; left > 0; i++) {
      left = Atomics.load(this.#state, LEFT);
      if (i % 100 !== 0 || left === 0) continue;
      const now = performance.now();
      waited += Math.min(tick, now - (before ?? now));
      before = now;
      if (waited > this.#longest) this.#giveUp();
      if (waited > patience && mayWait) Atomics.wait(this.#state, LEFT, left, 1);
    }
  }

  /** A thread that was killed at its part leaves it undone for ever; one that is only late must not write any more. */
  #giveUp(): never {
    this.#dismiss('one thread, because another did not come back');
    throw new StateError(`a thread has not done its part for ${this.#longest / 1000} s`, {
      op: 'wasm',
      hint: 'what it was to compute is lost; the next call is computed by one thread',
    });
  }
}

/** A page's own thread may not sleep; it spins, as long as the last part takes. */
const mayWait = typeof document === 'undefined';
