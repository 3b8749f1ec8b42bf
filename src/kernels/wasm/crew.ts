import { startHelper } from '#platform';

/** A thread beside this one. */
export interface Helper {
  stop(): void;
}

/** Places in the control array: jobs so far, parts that are not done, helpers that are up; then the job itself. */
const [GO, LEFT, READY] = [0, 1, 2];
const controlBytes = 256;
const jobAt = 16;

/**
 * What a helper runs. It sleeps between jobs, but looks for the next one for some 50 µs first, because waking takes as
 * long as many a job. It reads GO before it reports: a job handed out in between would be missed.
 */
const script = `
function serve({ module, memory, control, part, parts, names }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = names.map((name) => exports[name]);
  const state = new Int32Array(control, 0, 3);
  const job = new Float64Array(control, ${jobAt});
  let seen = Atomics.load(state, ${GO});
  Atomics.add(state, ${READY}, 1);
  for (;;) {
    for (let i = 0; i < 5000 && Atomics.load(state, ${GO}) === seen; i++);
    while (Atomics.load(state, ${GO}) === seen) Atomics.wait(state, ${GO}, seen);
    seen = Atomics.load(state, ${GO});
    kernels[job[0]](...job.subarray(2, 2 + job[1]), part, parts);
    if (Atomics.sub(state, ${LEFT}, 1) === 1) Atomics.notify(state, ${LEFT});
  }
}`;

/**
 * Threads that share one memory and split a kernel's work by its outputs: no sum is ever cut, so that their number
 * changes no bit. Helpers start at the first job; until all are up, the caller does everything itself.
 */
export class Crew {
  /** Threads at work, this one included. */
  readonly size: number;
  readonly #names: readonly string[];
  readonly #state: Int32Array;
  readonly #job: Float64Array;
  readonly #start: (part: number) => Helper;
  #helpers: readonly Helper[] | undefined;
  #failure: string | undefined;

  constructor(size: number, module: WebAssembly.Module, memory: WebAssembly.Memory, names: readonly string[]) {
    const control = new SharedArrayBuffer(controlBytes);
    this.size = size;
    this.#names = names;
    this.#state = new Int32Array(control, 0, 3);
    this.#job = new Float64Array(control, jobAt);
    this.#start = (part) =>
      startHelper(script, { module, memory, control, part, parts: size, names }, (why) => {
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

  /** Lets every thread do its part of a kernel; `own` does part 0. Returns when all are done. */
  run(name: string, args: readonly number[], own: () => void): void {
    const [state, job] = [this.#state, this.#job];
    job[0] = this.#names.indexOf(name);
    job[1] = args.length;
    job.set(args, 2);
    Atomics.store(state, LEFT, this.size - 1);
    Atomics.add(state, GO, 1);
    Atomics.notify(state, GO);
    own();
    for (let i = 0; Atomics.load(state, LEFT) > 0; i++) if (i > 5000) this.#rest();
  }

  stop(): void {
    for (const helper of this.#helpers ?? []) helper.stop();
    this.#helpers = [];
    this.#failure = 'the backend was disposed';
  }

  #hire(): void {
    try {
      this.#helpers = Array.from({ length: this.size - 1 }, (_, i) => this.#start(i + 1));
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
