/** The books of a load: how much of each file, and of all together, has arrived. */

/** Files are named as seen from the place that was opened: `config.json`, `../llm/model.safetensors`. Sizes in bytes. */
export type ProgressEvent =
  | { readonly status: 'initiate' | 'download' | 'done'; readonly name: string; readonly file: string }
  | ({ readonly status: 'progress'; readonly name: string; readonly file: string } & Amount)
  | ({
      readonly status: 'progress_total';
      readonly name: string;
      readonly files: Readonly<Record<string, Loaded>>;
    } & Amount)
  | { readonly status: 'ready'; readonly name: string };

export interface Loaded {
  readonly loaded: number;
  readonly total: number;
}

export interface Amount extends Loaded {
  /** Percent, 0 to 100. */
  readonly progress: number;
}

/** What it throws ends the load. */
export type ProgressCallback = (event: ProgressEvent) => void;

/** A file is told about each time another thousandth of it has come: a fast disk must not drown its listener. */
const STEPS = 1000;

export class Tally {
  readonly #name: string;
  readonly #callback: ProgressCallback;
  readonly #lines = new Map<string, Line>();
  /** What the total counts, once it is told. */
  #counted: readonly Line[] | undefined;

  constructor(name: string, callback: ProgressCallback) {
    this.#name = name;
    this.#callback = callback;
  }

  /** The line of a file, begun now if it is new. */
  line(file: string, size: number | undefined): Line {
    let line = this.#lines.get(file);
    if (line === undefined) {
      line = new Line(file, size, this);
      this.#lines.set(file, line);
      this.tell(line, 'initiate');
    }
    return line;
  }

  tell(line: Line, status: 'initiate' | 'download' | 'done'): void {
    this.#callback({ status, name: this.#name, file: line.file });
  }

  tellProgress(line: Line): void {
    this.#callback({ status: 'progress', name: this.#name, file: line.file, ...amount([line]) });
    if (this.#counted?.includes(line)) this.#tellTotal(this.#counted);
  }

  /** From now on the total of the files known so far is told too. */
  announced(): void {
    this.#counted = [...this.#lines.values()];
    this.#tellTotal(this.#counted);
  }

  ready(): void {
    for (const line of this.#lines.values()) line.done();
    this.#callback({ status: 'ready', name: this.#name });
  }

  #tellTotal(lines: readonly Line[]): void {
    const files = Object.fromEntries(lines.map(({ file, loaded, total }) => [file, { loaded, total }]));
    this.#callback({ status: 'progress_total', name: this.#name, ...amount(lines), files });
  }
}

/** One file. Its bytes may come in any order and more than once: `loaded` only grows, up to `total`. */
export class Line {
  readonly file: string;
  readonly #tally: Tally;
  #size: number | undefined;
  #loaded = 0;
  #told = 0;
  #state: 'announced' | 'begun' | 'done' = 'announced';

  constructor(file: string, size: number | undefined, tally: Tally) {
    this.file = file;
    this.#size = size;
    this.#tally = tally;
  }

  get loaded(): number {
    return this.#loaded;
  }

  get total(): number {
    return this.#size ?? this.#loaded;
  }

  begin(): void {
    if (this.#state !== 'announced') return;
    this.#state = 'begun';
    this.#tally.tell(this, 'download');
  }

  /** The size as the opened file has it, which a server may not have told before. */
  measure(size: number): void {
    this.#size = size;
  }

  reach(bytes: number): void {
    if (this.#state === 'done') return;
    this.#loaded = Math.max(this.#loaded, Math.min(bytes, this.#size ?? bytes));
    const step = this.#loaded - this.#told;
    if (step > 0 && (step * STEPS >= this.total || this.#loaded === this.total)) this.#progress();
  }

  /** What was not read by now is not needed: it counts as there. */
  done(): void {
    if (this.#state === 'done') return;
    this.#loaded = this.total;
    if (this.#told < this.#loaded) this.#progress();
    this.#state = 'done';
    this.#tally.tell(this, 'done');
  }

  #progress(): void {
    this.#told = this.#loaded;
    this.#tally.tellProgress(this);
  }
}

function amount(lines: readonly Loaded[]): Amount {
  const loaded = lines.reduce((sum, line) => sum + line.loaded, 0);
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  return { progress: total === 0 ? 100 : (100 * loaded) / total, loaded, total };
}
