import { type Arg, type Block, isView, rowsOf, type View } from './block.ts';
import type { Device, Launch, Limits } from './device.ts';
import type { Gpu, GpuJs } from './gpu-js.ts';
import { KernelCache } from './kernel-cache.ts';
import type { GpuMode } from './mode.ts';

/**
 * The modes without a memory of their own, 'webasm' and 'cpu': numbers lie in arrays. A kernel of webasm copies what it is
 * given into a memory of its own at every launch, so weights are made part of their kernels there: copied once.
 */
export class LocalDevice implements Device {
  readonly limits: Limits = { shard: Number.POSITIVE_INFINITY, side: Number.POSITIVE_INFINITY };
  readonly quads = undefined;
  readonly context = undefined;
  readonly #kernels: KernelCache;
  readonly #gpuJs: GpuJs;
  readonly #mode: GpuMode;
  /** Keys of the kernels that weights are part of. */
  readonly #parts = new Map<Block, Set<string>>();

  constructor(gpuJs: GpuJs, gpu: Gpu, mode: GpuMode) {
    this.#gpuJs = gpuJs;
    this.#mode = mode;
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

  async run({ source, cols, rows, args, rowwise }: Launch): Promise<Float32Array> {
    const fixed =
      this.#mode === 'webasm' ? args.filter((arg) => isView(arg)).filter(({ block }) => block.resident) : [];
    if (fixed.length === 0 || !rowwise || rows === 1) return this.#launch(source, cols, rows, args, fixed);
    // A kernel for each number of rows would hold the weight once more.
    const [first, ...rest] = args;
    const result = new Float32Array(cols * rows);
    const width = typeof first === 'number' ? 1 : first.cols;
    const values = typeof first === 'number' ? new Float32Array() : arrayOf(first);
    for (let row = 0; row < rows; row++) {
      const one = { values: values.subarray(row * width, (row + 1) * width), cols: width };
      result.set(await this.#launch(source, cols, 1, [one, ...rest], fixed), row * cols);
    }
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

  async #launch(
    source: string,
    cols: number,
    rows: number,
    args: readonly Arg[],
    fixed: readonly View[],
  ): Promise<Float32Array> {
    const shapes = args.map((arg) => {
      if (typeof arg === 'number') return 'n';
      return isView(arg) && fixed.includes(arg) ? `weight ${arg.block.id}` : `${arg.cols}x${rowsOf(arg)}`;
    });
    const key = `${cols}x${rows}(${shapes.join()})${source}`;
    const free = args.filter((arg) => !(typeof arg === 'object' && isView(arg) && fixed.includes(arg)));
    const make = () => {
      for (const { block } of fixed) this.#parts.set(block, (this.#parts.get(block) ?? new Set()).add(key));
      const names = namesOf(source);
      const weights = args.flatMap((arg, i): [string, View][] =>
        typeof arg === 'object' && isView(arg) && fixed.includes(arg) ? [[names[i], arg]] : [],
      );
      const constants = Object.fromEntries(weights.map(([name, view]) => [name.toUpperCase(), this.#input(view)]));
      const output = [cols, rows];
      return { source: withConstants(source, new Set(weights.map(([name]) => name))), settings: { output, constants } };
    };
    const values = free.map((arg) => (typeof arg === 'number' ? arg : this.#input(arg)));
    return flat(await this.#kernels.run(key, make, values), cols * rows);
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
