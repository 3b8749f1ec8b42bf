import { type Arg, type Block, isView, rowsOf, type View } from './block.ts';
import type { Device, Launch, Limits } from './device.ts';
import type { Gpu, GpuJs } from './gpu-js.ts';
import { KernelCache } from './kernel-cache.ts';
import type { GpuMode } from './mode.ts';

/**
 * The modes without a memory of their own, 'webasm' and 'cpu': numbers lie in arrays. A kernel of webasm copies what it is
 * given into a memory of its own at every launch, so weights are made part of the kernels that write a row at a time:
 * copied once. Where four rows are written at once the copy takes less time than they save, and a kernel of a weight's own
 * would hold it once more.
 */
export class LocalDevice implements Device {
  readonly limits: Limits = { shard: Number.POSITIVE_INFINITY, side: Number.POSITIVE_INFINITY };
  readonly quads = 'rows';
  readonly readsFours = false;
  readonly weightsInKernels: boolean;
  readonly context = undefined;
  readonly #kernels: KernelCache;
  readonly #gpuJs: GpuJs;
  /** Keys of the kernels that weights are part of. */
  readonly #parts = new Map<Block, Set<string>>();

  constructor(gpuJs: GpuJs, gpu: Gpu, mode: GpuMode) {
    this.#gpuJs = gpuJs;
    this.weightsInKernels = mode === 'webasm';
    this.#kernels = new KernelCache(gpuJs, gpu, mode);
  }

  get compiled(): number {
    return this.#kernels.compiled;
  }

  form(): string {
    return 'array';
  }

  formOfUpload(): string {
    return 'array';
  }

  async run(launch: Launch): Promise<Float32Array> {
    const { source, cols, rows, args, rowwise, quads } = launch;
    if (quads !== undefined) return this.#inFours(launch);
    const byRow = this.weightsInKernels && rowwise;
    const inside = this.weightsInKernels && (byRow || rows === 1);
    const fixed = inside ? args.filter((arg) => isView(arg)).filter(({ block }) => block.resident) : [];
    const [first, ...rest] = args;
    if (!byRow || typeof first === 'number')
      return flat(await this.#launch(source, [cols, rows], args, fixed), cols * rows);
    const result = new Float32Array(cols * rows);
    for (const [row, number] of arrayOf(first).subarray(0, rows).entries())
      result.set(flat(await this.#launch(source, [cols, 1], [number, ...rest], fixed), cols), row * cols);
    return result;
  }

  async upload(values: Float32Array): Promise<Float32Array> {
    return values;
  }

  async read({ room }: Block, count: number): Promise<Float32Array> {
    return room instanceof Float32Array ? room.slice(0, count) : new Float32Array();
  }

  release(block: Block): void {
    for (const key of this.#parts.get(block) ?? []) this.#kernels.drop(key);
    this.#parts.delete(block);
    block.room = undefined;
  }

  dispose(): void {
    this.#kernels.dispose();
    this.#parts.clear();
  }

  /** Whole fours of rows: what is missing of the last one is zeros, and its results are dropped. */
  async #inFours({ source, cols, rows, args: [first, ...rest] }: Launch): Promise<Float32Array> {
    const fours = Math.ceil(rows / 4);
    const whole = rows % 4 === 0 ? first : padded(first, 4 * fours);
    return fromFours(await this.#launch(source, [cols, fours], [whole, ...rest], []), cols, rows);
  }

  async #launch(
    source: string,
    output: readonly [cols: number, rows: number],
    args: readonly Arg[],
    fixed: readonly View[],
  ): Promise<unknown> {
    const shapes = args.map((arg) => {
      if (typeof arg === 'number') return 'n';
      return isView(arg) && fixed.includes(arg) ? `weight ${arg.block.id}` : `${arg.cols}x${rowsOf(arg)}`;
    });
    const key = `${output.join('x')}(${shapes.join()})${source}`;
    const free = args.filter((arg) => !(typeof arg === 'object' && isView(arg) && fixed.includes(arg)));
    const make = () => {
      for (const { block } of fixed) this.#parts.set(block, (this.#parts.get(block) ?? new Set()).add(key));
      const names = namesOf(source);
      const weights = args.flatMap((arg, i): [string, View][] =>
        typeof arg === 'object' && isView(arg) && fixed.includes(arg) ? [[names[i], arg]] : [],
      );
      const constants = Object.fromEntries(weights.map(([name, view]) => [name.toUpperCase(), this.#input(view)]));
      return { source: withConstants(source, new Set(weights.map(([name]) => name))), settings: { output, constants } };
    };
    const values = free.map((arg) => (typeof arg === 'number' ? arg : this.#input(arg)));
    return this.#kernels.run(key, make, values);
  }

  #input(arg: Exclude<Arg, number>): object {
    const rows = rowsOf(arg);
    return new this.#gpuJs.Input(arrayOf(arg).subarray(0, arg.cols * rows), [arg.cols, rows]);
  }
}

function arrayOf(arg: Exclude<Arg, number>): Float32Array {
  if (!isView(arg)) return arg.values;
  return arg.block.room instanceof Float32Array ? arg.block.room : new Float32Array();
}

/** An argument with so many rows, the last ones of zeros. */
function padded(arg: Arg, rows: number): Arg {
  if (typeof arg === 'number') return arg;
  const { cols } = arg;
  const values = new Float32Array(rows * cols);
  values.set(arrayOf(arg).subarray(0, rows * cols));
  return { values, cols };
}

/** Names of a function's arguments. */
function namesOf(source: string): string[] {
  const [, list = ''] = /^function \(([^)]*)\)/.exec(source) ?? [];
  return list.split(', ').filter((name) => name !== '');
}

/** Takes arguments out of a function: they become constants, in capitals, because mode 'cpu' mixes up equal names. */
function withConstants(source: string, names: ReadonlySet<string>): string {
  const left = namesOf(source).filter((name) => !names.has(name));
  let text = source.replace(/^function \([^)]*\)/, `function (${left.join(', ')})`);
  for (const name of names)
    text = text.replaceAll(new RegExp(`(?<![\\w.])${name}\\[`, 'g'), `this.constants.${name.toUpperCase()}[`);
  return text;
}

/** A result, an array a row, as one array: without a copy where the rows lie behind each other. */
function flat(result: unknown, count: number): Float32Array {
  const rows = Array.isArray(result) ? result.filter((row) => row instanceof Float32Array) : [];
  const [first] = rows;
  if (first !== undefined && first.buffer.byteLength === 4 * count) return new Float32Array(first.buffer);
  const all = new Float32Array(count);
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

/** A result of four rows a thread, [fours cols 4] in arrays of arrays, as rows. */
function fromFours(result: unknown, cols: number, rows: number): Float32Array {
  const all = new Float32Array(cols * rows);
  const fours: readonly (readonly Float32Array[])[] = Array.isArray(result) ? result : [];
  for (const [i, columns] of fours.entries()) {
    const count = Math.min(4, rows - 4 * i);
    for (let c = 0; c < cols; c++) for (let t = 0; t < count; t++) all[(4 * i + t) * cols + c] = columns[c][t];
  }
  return all;
}
