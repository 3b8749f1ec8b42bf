import { DtypeError, StateError, UnsupportedOptionError } from '../../errors.ts';
import type { Backend, BackendInfo, Intake, MemoryCount, Room, Stored, Use } from '../../tensor/backend.ts';
import { allocate, type Dtype, fits, type HostArray, isFloat, isQuantised } from '../../tensor/dtype.ts';
import { narrow, widen } from '../../tensor/floats.ts';
import type { Op } from '../../tensor/op.ts';
import { describe, type Shape, type Spec, sizeOf } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { hostIntake } from '../host-intake.ts';
import { append } from './append.ts';
import type { Block } from './block.ts';
import { Desk } from './desk.ts';
import type { Launcher, Traffic } from './launcher.ts';
import type { GpuMode } from './mode.ts';
import { part } from './move.ts';
import { joinedOnHost, onHost } from './on-host.ts';
import { colsOf, GpuStorage, type Placed } from './storage.ts';
import { kernelOf } from './table.ts';
import { placeWeight } from './weight.ts';

export interface GpuInfo extends BackendInfo {
  /** Where kernels run: checked on the first one, and on each after its first run. */
  readonly mode: GpuMode;
  /** What the driver calls itself; 'none' in the modes that have none. */
  readonly adapter: string;
  readonly limits: { readonly shard: number; readonly side: number };
}

/**
 * Kernels of gpu.js, in float32; made by `gpuBackend`.
 *
 * An op launches its kernels and gives a tensor at once, whose numbers are on their way: only `read` waits. What goes wrong
 * on the device is told by the `read` of whatever depends on it. Weights are uploaded once; what comes in between is freed
 * in the order of the launches.
 *
 * Numerics  float32, one chain per output. NaN and infinities are not looked for, but in what is read to choose a token
 */
export class GpuBackend implements Backend<GpuStorage> {
  readonly info: GpuInfo;
  meter?: (op: string, flops: number, bytes: number) => void;
  readonly #launcher: Launcher;
  readonly #kept = new Map<string, Block>();
  readonly #close: () => void;
  #disposed = false;

  constructor(launcher: Launcher, info: GpuInfo, close: () => void) {
    this.#launcher = launcher;
    this.info = info;
    this.#close = close;
  }

  get memory(): MemoryCount {
    if (this.#disposed) return { blocks: 0, bytes: 0 };
    const { blocks, bytes } = this.#launcher.memory;
    let own = 0;
    for (const { elements } of this.#kept.values()) own += 4 * elements;
    return { blocks: blocks - this.#kept.size, bytes: bytes - own };
  }

  /** What passed between the two memories, and what is alive on the device: told when all that was asked for is done. */
  async traffic(): Promise<Traffic> {
    await this.#launcher.done();
    return this.#launcher.traffic;
  }

  upload(data: HostArray, spec: Spec, use: Use = 'activation'): GpuStorage {
    this.#live();
    if (!fits(data, spec.dtype) || data.length !== sizeOf(spec.shape)) {
      throw new DtypeError(
        `"data" must hold ${sizeOf(spec.shape)} elements of ${spec.dtype}, got ${data.constructor.name}(${data.length})`,
        { op: 'upload', where: spec.label },
      );
    }
    const width = colsOf(spec.shape);
    if (!isFloat(spec.dtype)) return new GpuStorage([], width, { host: data });
    if (data.length === 0) return new GpuStorage([], width);
    const values = widen(data, spec.dtype);
    if (use !== 'activation' && spec.shape.length === 2) return placeWeight(this.#launcher, values, spec, use);
    return new GpuStorage([this.#launcher.upload(values, false)], width);
  }

  intake(spec: Spec, use: Use, stored: Stored): Intake<GpuStorage> {
    if (isQuantised(spec.dtype)) {
      throw new UnsupportedOptionError(
        `the gpu backend keeps weights as float32, not in int8 or int4: ${describe(spec)}`,
        {
          op: 'upload',
          where: spec.label && `weight "${spec.label}"`,
          hint: "dtype: 'f32', or backend: 'wasm'",
        },
      );
    }
    return hostIntake(spec, use, stored, ({ data }) => this.upload(data, spec, use));
  }

  room(bytes: number): Room {
    return { bytes: new Uint8Array(bytes), free: () => {} };
  }

  async read(storage: GpuStorage, spec: Spec): Promise<HostArray> {
    this.#live();
    if (storage.host !== undefined) return storage.host.slice();
    const size = sizeOf(spec.shape);
    if (storage.blocks.length === 0) return allocate(spec.dtype, size);
    return as(spec.dtype, await this.#floats(storage, spec, size));
  }

  peek(storage: GpuStorage): HostArray | undefined {
    this.#live();
    return storage.host;
  }

  run<A>(op: Op<A>, inputs: readonly (Tensor | undefined)[], attrs: A, outputs: readonly Spec[]): GpuStorage[] {
    this.#live();
    const kernel = kernelOf<A>(op.name);
    if (kernel === undefined) throw new StateError('the gpu backend has no kernel of this name', { op: op.name });
    const placed = inputs.map((input) => input && placedAs(input));
    if (placed.every((input) => input === undefined || input.storage.host !== undefined)) {
      return onHost(op, placed, attrs, outputs);
    }
    if (outputs.every(({ shape }) => sizeOf(shape) === 0)) return outputs.map(({ shape }) => empty(shape));
    return this.#at((desk) => kernel(desk, placed, attrs, outputs));
  }

  view(storage: GpuStorage, offset: number, spec: Spec): GpuStorage {
    const { host, blocks, width, pitch } = storage;
    const size = sizeOf(spec.shape);
    const cols = colsOf(spec.shape);
    if (host !== undefined) return new GpuStorage([], cols, { host: host.subarray(offset, offset + size) });
    if (size === 0 || blocks.length === 0) return empty(spec.shape);
    if (offset === 0 && (storage.plain || (cols === width && !storage.transposed))) {
      return new GpuStorage(blocks, cols, { pitch: pitch === width ? cols : pitch });
    }
    const rows = storage.transposed ? blocks[0].elements / width : Math.floor(blocks[0].elements / pitch);
    return this.#at((desk) => part(desk, { dtype: spec.dtype, shape: [rows, width], storage }, offset, spec));
  }

  append(past: GpuStorage, pastSpec: Spec, more: GpuStorage, moreSpec: Spec): GpuStorage {
    const [[S, ...rest], [T]] = [pastSpec.shape, moreSpec.shape];
    const y = { dtype: pastSpec.dtype, shape: [S + T, ...rest] };
    if (past.host !== undefined && more.host !== undefined) {
      return new GpuStorage([], colsOf(y.shape), { host: joinedOnHost(past.host, more.host, y) });
    }
    if (sizeOf(y.shape) === 0) return empty(y.shape);
    return this.#at((desk) => append(desk, { ...pastSpec, storage: past }, { ...moreSpec, storage: more }, y));
  }

  free({ blocks }: GpuStorage): void {
    if (this.#disposed) return;
    for (const block of blocks) {
      if (block.refs === 0) throw new StateError('a storage was freed twice', { op: 'free' });
      if (--block.refs === 0) this.#launcher.release(block);
    }
  }

  bytesOf({ blocks, host }: GpuStorage): number {
    return blocks.reduce((sum, { elements }) => sum + 4 * elements, host?.byteLength ?? 0);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#launcher.dispose(this.#close);
  }

  #live(): void {
    if (this.#disposed) throw new StateError('the backend was disposed', { op: 'gpu' });
  }

  /** Lets an op work, and frees what it needed on the way. */
  #at<T>(work: (desk: Desk) => T): T {
    const desk = new Desk(this.#launcher, this.#kept);
    try {
      return work(desk);
    } finally {
      desk.clear();
    }
  }

  async #floats(storage: GpuStorage, spec: Spec, size: number): Promise<Float32Array> {
    const { blocks, plain } = storage;
    if (plain || blocks.length > 1) {
      const parts = blocks.map((block) => this.#launcher.read(block, Math.min(size, block.elements)));
      return parts.length === 1 ? parts[0] : joined(await Promise.all(parts), size);
    }
    return this.#at((desk) => this.#launcher.read(desk.straighten({ ...spec, storage }), size));
  }
}

const empty = (shape: Shape): GpuStorage => new GpuStorage([], colsOf(shape));

function placedAs({ dtype, shape, label, storage }: Tensor): Placed {
  if (storage instanceof GpuStorage) return { dtype, shape, label, storage };
  throw new StateError('a tensor of this backend must have been made by it', { op: 'gpu' });
}

function joined(parts: readonly Float32Array[], size: number): Float32Array {
  const all = new Float32Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Numbers of the device in the array of their dtype: whole ones are whole, halves were rounded when they were made. */
function as(dtype: Dtype, floats: Float32Array): HostArray {
  if (isFloat(dtype)) return narrow(floats, dtype);
  if (dtype === 'I64') return BigInt64Array.from(floats, (value) => BigInt(Math.round(value)));
  const whole = allocate(dtype, floats.length);
  for (const [i, value] of floats.entries()) whole[i] = value;
  return whole;
}
