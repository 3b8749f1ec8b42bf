import { StateError } from '../../errors.ts';
import { type Block, isView, type Room, rowsOf, type View } from './block.ts';
import type { Device, Launch, Limits } from './device.ts';
import type { Context, Gpu, GpuJs, Handle } from './gpu-js.ts';
import { KernelCache, type KernelPlan } from './kernel-cache.ts';
import type { GpuMode } from './mode.ts';
import { column, row } from './unfold.ts';

/** Beyond 2²⁴ elements some indices are no longer whole numbers of float32. */
const safe = 2 ** 24;

type Making = new (like: Handle) => Handle;

interface Classes {
  readonly Fours: Making;
  readonly Packed: Making;
}

/** In place of a kernel that was destroyed: a texture must have one. */
const gone = {};

const copy = 'function (x) { return x[this.thread.y][this.thread.x]; }';

/** The modes with a memory of their own: numbers are textures (WebGL) or buffers (WebGPU), and stay there. */
export class RemoteDevice implements Device {
  readonly limits: Limits;
  readonly quads = 'columns';
  readonly readsFours: boolean;
  readonly weightsInKernels = false;
  readonly context: Context | undefined;
  readonly #kernels: KernelCache;
  readonly #gpuJs: GpuJs;
  readonly #mode: GpuMode;
  #classes: Classes | undefined;

  constructor(gpuJs: GpuJs, gpu: Gpu, mode: GpuMode, context: Context | undefined) {
    this.#gpuJs = gpuJs;
    this.#mode = mode;
    this.#kernels = new KernelCache(gpuJs, gpu, mode);
    this.context = context;
    this.limits = limitsOf(mode, context);
    this.readsFours = mode !== 'webgpu';
  }

  get compiled(): number {
    return this.#kernels.compiled;
  }

  form({ cols, rows, quads }: Launch): string {
    if (this.#mode === 'webgpu') return 'buffer';
    return quads ? `quads ${cols}x${rows}` : `texture ${cols}x${rows}`;
  }

  formOfUpload(size: number): string {
    return this.#mode === 'webgpu' ? 'buffer' : `packed ${size}`;
  }

  async run({ source, cols, rows, args, quads }: Launch): Promise<Handle> {
    const shapes = args.map((arg) => {
      if (typeof arg === 'number') return 'n';
      return `${arg.cols}x${rowsOf(arg)}${isView(arg) ? ` ${arg.block.form}${arg.fours ? ' in fours' : ''}` : ' values'}`;
    });
    const key = `${cols}x${rows}(${shapes.join()})${source}`;
    const make = () => {
      if (quads) return { source, settings: this.#settings([cols / 4, rows]) };
      const { side } = this.limits;
      if (Math.max(cols, rows) <= side) return { source, settings: this.#settings([cols, rows]) };
      if (this.#mode === 'webgpu') return this.#folded(source, cols, rows);
      // A texture of three axes is folded into a square, one of two is not.
      return { source: source.replaceAll(row, 'this.thread.z'), settings: this.#settings([cols, 1, rows]) };
    };
    const classes = quads !== undefined && this.#mode !== 'webgpu' ? await this.#learn() : undefined;
    const copies: Handle[] = [];
    const seen = new Map<Room, View>();
    const values = args.map((arg) => {
      if (typeof arg === 'number') return arg;
      if (!isView(arg)) return new this.#gpuJs.Input(arg.values, [arg.cols, rowsOf(arg)]);
      const handle = handleOf(arg.block);
      if (arg.fours && classes !== undefined) {
        const fours = new classes.Fours(handle);
        copies.push(fours);
        return shaped(fours, arg.cols / 4, rowsOf(arg));
      }
      const before = seen.get(handle);
      seen.set(handle, arg);
      if (before === undefined || before.cols === arg.cols) return shaped(handle, arg.cols, rowsOf(arg));
      const copy = handle.clone(); // one handle cannot be seen in two ways at once
      copies.push(copy);
      return shaped(copy, arg.cols, rowsOf(arg));
    });
    try {
      const result = await this.#ran(key, make, values);
      return quads ? await this.#packed(result) : result;
    } finally {
      for (const copy of copies) copy.delete();
    }
  }

  /** More rows than one axis of a dispatch has, or a row that is longer: on WebGPU they go on along the next axis. */
  #folded(source: string, cols: number, rows: number): KernelPlan {
    const long = rows === 1 ? cols : rows;
    const folds = Math.ceil(long / this.limits.side);
    const each = Math.ceil(long / folds); // threads beyond the end write behind the result
    if (rows > 1) {
      const whole = source.replaceAll(row, `(this.thread.z * ${each} + ${row})`);
      return { source: whole, settings: this.#settings([cols, each, folds]) };
    }
    const whole = source.replaceAll(row, '0').replaceAll(column, `(${row} * ${each} + ${column})`);
    return { source: whole, settings: this.#settings([each, folds]) };
  }

  async upload(values: Float32Array): Promise<Handle> {
    const size = values.length;
    const cols = Math.min(size, 4096);
    const padded = size % cols === 0 ? values : new Float32Array(Math.ceil(size / cols) * cols);
    if (padded !== values) padded.set(values);
    const rows = padded.length / cols;
    const settings = {
      ...this.#settings([cols, rows]),
      ...(this.#mode === 'webgpu' ? {} : { optimizeFloatMemory: true }),
    };
    const key = `upload ${cols}x${rows}`;
    const handle = await this.#ran(key, () => ({ source: copy, settings }), [
      new this.#gpuJs.Input(padded, [cols, rows]),
    ]);
    if (size > 2 ** 16) this.#kernels.drop(key); // it holds what it was given once more
    return handle;
  }

  async read(block: Block, count: number): Promise<Float32Array> {
    const room = handleOf(block);
    if (room.renderValues !== undefined && room.kernel === gone) return this.#readCopy(block, count);
    if (room.renderValues === undefined) {
      shaped(room, count, 1).output = [count];
      const values = await room.toArray();
      this.check();
      return values instanceof Float32Array ? values : new Float32Array();
    }
    const texels = room.renderValues();
    this.check();
    const step = texels.length / Math.max(1, sizeOf(room)) === 4 && !isPacked(room) ? 4 : 1;
    if (step === 1) return texels.slice(0, count);
    return Float32Array.from({ length: count }, (_, i) => texels[4 * i]);
  }

  /** Four numbers a thread lie as an upload lies: four a texel, or behind each other. */
  async #packed(result: Handle): Promise<Handle> {
    if (this.#mode === 'webgpu') {
      result.componentCount = 1;
      return result;
    }
    const { Packed } = await this.#learn();
    const packed = new Packed(result);
    result.delete();
    return packed;
  }

  /** The classes by which gpu.js tells how the texels of a texture are to be read: from one texture of each. */
  async #learn(): Promise<Classes> {
    if (this.#classes !== undefined) return this.#classes;
    const source = 'function () { return [0, 0, 0, 0]; }';
    const fours = await this.#ran('fours', () => ({ source, settings: this.#settings([2, 2]) }), []);
    const packed = await this.upload(new Float32Array(4));
    for (const handle of [fours, packed]) handle.delete();
    this.#classes = { Fours: fours.constructor as Making, Packed: packed.constructor as Making };
    return this.#classes;
  }

  /** A texture is read through the kernel that made it; where that is gone, through one that copies. */
  async #readCopy(block: Block, count: number): Promise<Float32Array> {
    const cols = Math.min(count, 4096);
    const copied = await this.run({ source: copy, cols, rows: Math.ceil(count / cols), args: [{ block, cols }] });
    const texels = copied.renderValues?.() ?? new Float32Array();
    this.check();
    copied.delete();
    return Float32Array.from({ length: count }, (_, i) => texels[4 * i]);
  }

  release(block: Block): void {
    if (block.room !== undefined) handleOf(block).delete();
    block.room = undefined;
  }

  dispose(): void {
    this.#kernels.dispose(this.#lost);
  }

  get #lost(): boolean {
    return this.context?.isContextLost?.() === true || this.context?.isLost === true;
  }

  /** A kernel on a lost context answers zeros and says nothing. */
  check(): void {
    if (!this.#lost) return;
    throw new StateError('the GPU has lost its context, and with it every tensor', {
      op: 'gpu',
      hint: 'dispose of the backend, make another one and load the model again',
    });
  }

  async #ran(key: string, make: Parameters<KernelCache['run']>[1], values: readonly unknown[]): Promise<Handle> {
    this.check();
    const result = await this.#kernels.run(key, make, values);
    if (isHandle(result)) return result;
    throw new StateError(`a kernel of mode "${this.#mode}" gave no handle`, { op: 'gpu' });
  }

  #settings(output: readonly number[]): Readonly<Record<string, unknown>> {
    const gl = this.#mode === 'webgpu' ? {} : { tactic: 'precision' };
    return { output, pipeline: true, immutable: true, ...gl };
  }
}

/** Says how the next kernel is to see a handle. */
function shaped(handle: Handle, cols: number, rows: number): Handle {
  handle.output = [cols, rows];
  if (handle.dimensions !== undefined) handle.dimensions = [cols, rows, 1];
  return handle;
}

function handleOf({ room }: Block): Handle {
  if (!isHandle(room)) throw new StateError('a block is used after it was released', { op: 'gpu' });
  if (room.renderValues !== undefined && isDestroyed(room.kernel)) room.kernel = gone;
  return room;
}

/** A kernel of WebGL that was destroyed has no context, and would keep its textures from being deleted. */
function isDestroyed(kernel: unknown): boolean {
  return typeof kernel === 'object' && kernel !== null && !('context' in kernel);
}

function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'delete' in value && 'output' in value;
}

const sizeOf = ({ size }: Handle): number => (size === undefined ? 0 : size[0] * size[1]);

/** Four numbers a texel, not one. */
function isPacked(handle: Handle): boolean {
  return 'type' in handle && handle.type === 'MemoryOptimizedNumberTexture';
}

function limitsOf(mode: GpuMode, context: Context | undefined): Limits {
  if (mode === 'webgpu') {
    const limits = context?.device?.limits ?? {};
    const { maxStorageBufferBindingSize = 2 ** 27, maxBufferSize = 2 ** 28 } = limits;
    const { maxComputeWorkgroupsPerDimension = 65535 } = limits;
    const side = 8 * maxComputeWorkgroupsPerDimension; // gpu.js dispatches squares of 8 × 8
    return { shard: Math.min(safe, maxStorageBufferBindingSize / 4, maxBufferSize / 4), side };
  }
  const found = context?.MAX_TEXTURE_SIZE === undefined ? undefined : context.getParameter?.(context.MAX_TEXTURE_SIZE);
  return { shard: safe, side: typeof found === 'number' ? found : 4096 };
}
