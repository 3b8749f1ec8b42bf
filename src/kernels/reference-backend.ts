import { DtypeError, StateError } from '../errors.ts';
import type { Backend, BackendInfo, Intake, MemoryCount, Room, Stored, Use } from '../tensor/backend.ts';
import { allocate, fits, type HostArray } from '../tensor/dtype.ts';
import type { Host, Op, Scales } from '../tensor/op.ts';
import { type Spec, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { hostIntake } from './host-intake.ts';
import { rowsWithRoom } from './rows-with-room.ts';

/** Memory that several storages may share: a tensor and its views, a cache and its longer successor. */
interface Block {
  buffer: HostArray;
  /** Of the buffer, and of scales beside it. */
  readonly bytes: number;
  /** Elements that some storage has claimed; what is behind is room to grow. */
  used: number;
  /** Storages on this block. */
  refs: number;
}

/** Elements of a block, seen as one tensor. */
export class HostStorage {
  readonly block: Block;
  readonly data: HostArray;
  readonly scales: Scales | undefined;

  constructor(block: Block, begin: number, end: number, scales?: Scales) {
    this.scales = scales;
    this.block = block;
    this.data = block.buffer.subarray(begin, end);
    block.refs++;
  }
}

/**
 * The slowest backend, and the specification: every op runs its reference loops (float64 inside) over typed arrays.
 * All other backends are judged by what this one computes.
 */
export class ReferenceBackend implements Backend<HostStorage> {
  readonly info: BackendInfo;
  meter?: (op: string, flops: number, bytes: number) => void;
  #blocks = 0;
  #bytes = 0;
  #disposed = false;

  /** `why`: sentences that say why it is this backend and not a faster one. */
  constructor(why: readonly string[] = []) {
    const notes = ['plain TypeScript loops in float64', ...why];
    this.info = { name: 'reference', threads: 1, simd: 'none', notes };
  }

  get memory(): MemoryCount {
    return { blocks: this.#blocks, bytes: this.#bytes };
  }

  upload(data: HostArray, spec: Spec, _use: Use = 'activation'): HostStorage {
    if (!fits(data, spec.dtype) || data.length !== sizeOf(spec.shape)) {
      throw new DtypeError(
        `"data" must hold ${sizeOf(spec.shape)} elements of ${spec.dtype}, got ${data.constructor.name}(${data.length})`,
        { op: 'upload', where: spec.label },
      );
    }
    return this.#claim(data, data.length);
  }

  intake(spec: Spec, use: Use, stored: Stored): Intake<HostStorage> {
    return hostIntake(spec, use, stored, ({ data, scales }) => {
      return new HostStorage(this.#block(data, data.length, scales?.values.byteLength), 0, data.length, scales);
    });
  }

  room(bytes: number): Room {
    return { bytes: new Uint8Array(bytes), free: () => {} };
  }

  async read(storage: HostStorage): Promise<HostArray> {
    return this.peek(storage).slice();
  }

  peek(storage: HostStorage): HostArray {
    if (this.#disposed) throw new StateError('the backend was disposed', { op: 'reference' });
    return storage.data;
  }

  run<A>(op: Op<A>, inputs: readonly (Tensor | undefined)[], attrs: A, outputs: readonly Spec[]): HostStorage[] {
    const made: Host[] = outputs.map((spec) => ({ ...spec, data: allocate(spec.dtype, sizeOf(spec.shape)) }));
    op.reference(
      inputs.map((input) => {
        if (input === undefined) return undefined;
        const { dtype, shape, label, storage } = input;
        const scales = storage instanceof HostStorage ? storage.scales : undefined;
        return { dtype, shape, label, data: input.peek(), scales };
      }),
      attrs,
      made,
    );
    return made.map(({ data }) => this.#claim(data, data.length));
  }

  view(storage: HostStorage, offset: number, { shape }: Spec): HostStorage {
    const begin = (storage.data.byteOffset - storage.block.buffer.byteOffset) / storage.data.BYTES_PER_ELEMENT + offset;
    return new HostStorage(storage.block, begin, begin + sizeOf(shape));
  }

  append(
    past: HostStorage,
    { shape: [S] }: Spec,
    more: HostStorage,
    { dtype, shape: [T] }: Spec,
    most: number,
  ): HostStorage {
    const size = past.data.length + more.data.length;
    let { block } = past;
    const atStart = past.data.byteOffset === block.buffer.byteOffset;
    if (block.refs === 1 && atStart) block.used = past.data.length; // nobody sees what was truncated away
    const free = atStart && block.used === past.data.length;
    if (!free || size > block.buffer.length) {
      const rows = rowsWithRoom(S + T, most);
      block = this.#block(allocate(dtype, (size / Math.max(1, S + T)) * rows), past.data.length);
      copy(past.data, block.buffer, 0);
    }
    copy(more.data, block.buffer, past.data.length);
    block.used = size;
    return new HostStorage(block, 0, size);
  }

  free(storage: HostStorage): void {
    const { block } = storage;
    if (this.#disposed) return;
    if (block.refs === 0) throw new StateError('a storage was freed twice', { op: 'free' });
    if (--block.refs === 0) {
      this.#blocks--;
      this.#bytes -= block.bytes;
    }
  }

  bytesOf({ block }: HostStorage): number {
    return block.bytes;
  }

  dispose(): void {
    this.#disposed = true;
    this.#blocks = 0;
    this.#bytes = 0;
  }

  /** `beside`: bytes of scales. */
  #block(buffer: HostArray, used: number, beside = 0): Block {
    if (this.#disposed) throw new StateError('the backend was disposed', { op: 'reference' });
    this.#blocks++;
    const bytes = buffer.byteLength + beside;
    this.#bytes += bytes;
    return { buffer, bytes, used, refs: 0 };
  }

  #claim(buffer: HostArray, used: number): HostStorage {
    return new HostStorage(this.#block(buffer, used), 0, used);
  }
}

/** Copies elements between arrays of one dtype. */
function copy(from: HostArray, to: HostArray, at: number): void {
  if (from instanceof BigInt64Array) {
    if (to instanceof BigInt64Array) to.set(from, at);
  } else if (!(to instanceof BigInt64Array)) to.set(from, at);
}

const shared = new ReferenceBackend();

/** The backend of tensors that name none. One for all, so that they can meet in an op. */
export function referenceBackend(): ReferenceBackend {
  return shared;
}
