import { DtypeError, StateError } from '../../errors.ts';
import type { Backend, BackendInfo, MemoryCount, Room, Stored, Use } from '../../tensor/backend.ts';
import { fits, type HostArray, isFloat, isQuantised } from '../../tensor/dtype.ts';
import type { Op } from '../../tensor/op.ts';
import { bytesOf, type Spec, sizeOf } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { layoutOf } from '../quantised.ts';
import { rowsWithRoom } from '../rows-with-room.ts';
import { type Holder, WasmIntake } from './intake.ts';
import type { Machine } from './machine.ts';
import { unpack } from './pack.ts';
import { type Block, type Packed, type Placed, packedBytes, WasmStorage } from './storage.ts';
import { kernelOf } from './table.ts';

/**
 * SIMD kernels in WebAssembly, in float32; made by `createWasmBackend`.
 *
 * Weights are packed once, at upload. What an op needs beside its outputs it borrows and gives back; the memory never
 * shrinks, and does not grow either once every shape has been seen.
 *
 * Numerics  products: one chain per output, so that chunks, batches and padding change no bit
 */
export class WasmBackend implements Backend<WasmStorage> {
  meter?: (op: string, flops: number, bytes: number) => void;
  readonly #info: BackendInfo;
  #machine: Machine | undefined;
  #blocks = 0;
  #bytes = 0;

  constructor(machine: Machine, info: BackendInfo) {
    this.#machine = machine;
    this.#info = info;
  }

  get info(): BackendInfo {
    const why = this.#machine?.crewFailure;
    if (why === undefined) return this.#info;
    return { ...this.#info, threads: 1, notes: [...this.#info.notes, why] };
  }

  get memory(): MemoryCount {
    return { blocks: this.#blocks, bytes: this.#bytes };
  }

  upload(data: HostArray, spec: Spec, use: Use = 'activation'): WasmStorage {
    if (!fits(data, spec.dtype) || data.length !== sizeOf(spec.shape)) {
      throw new DtypeError(
        `"data" must hold ${sizeOf(spec.shape)} elements of ${spec.dtype}, got ${data.constructor.name}(${data.length})`,
        { op: 'upload', where: spec.label },
      );
    }
    const m = this.#live();
    if (use === 'activation' || spec.shape.length !== 2 || !isFloat(spec.dtype)) return this.#place(m, data);
    const intake = this.intake(spec, use, { dtype: spec.dtype });
    try {
      intake.add(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return intake.done();
    } catch (error) {
      intake.drop();
      throw error;
    }
  }

  intake(spec: Spec, use: Use, stored: Stored): WasmIntake {
    const m = this.#live();
    const floats = { F32: 0, F16: 1, BF16: 2, I8: 'int8', U4: 'int4' } as const;
    const kind = isQuantised(spec.dtype) ? whole[spec.dtype] : floats[stored.dtype];
    const holder: Holder = {
      claim: (packed) => {
        const block = this.#block(m, packedBytes(packed));
        return new WasmStorage(block, block.at, block.bytes, packed);
      },
      free: (storage) => this.free(storage),
    };
    return new WasmIntake(m, holder, spec, panelsFor(kind, spec, use), stored);
  }

  room(bytes: number): Room {
    return this.#live().room(bytes);
  }

  async read(storage: WasmStorage, spec: Spec): Promise<HostArray> {
    return this.peek(storage, spec).slice();
  }

  /** In place, until the memory grows; the elements of a packed weight are a copy. */
  peek({ at, packed }: WasmStorage, { dtype, shape }: Spec): HostArray {
    const m = this.#live();
    return m.host({ at, packed, dtype, shape }).data;
  }

  run<A>(op: Op<A>, inputs: readonly (Tensor | undefined)[], attrs: A, outputs: readonly Spec[]): WasmStorage[] {
    const m = this.#live();
    const kernel = kernelOf<A>(op.name);
    if (kernel === undefined) {
      throw new StateError('the wasm backend has no kernel of this name', { op: op.name });
    }
    const made: WasmStorage[] = [];
    try {
      const [from, to]: [(Placed | undefined)[], Placed[]] = [[], []];
      for (const input of inputs) from.push(input && placed(storageOf(input), input));
      for (const spec of outputs) {
        const storage = this.#claim(m, bytesOf(spec));
        made.push(storage);
        to.push(placed(storage, spec));
      }
      kernel(m, from, attrs, to);
      return made;
    } catch (error) {
      for (const storage of made) this.free(storage);
      throw error;
    } finally {
      m.takeBack();
    }
  }

  view(storage: WasmStorage, offset: number, spec: Spec): WasmStorage {
    const bytes = bytesOf(spec);
    const begin = offset * (bytes / Math.max(1, sizeOf(spec.shape)));
    if (storage.packed === undefined) return new WasmStorage(storage.block, storage.at + begin, bytes);
    const { packed, at } = storage;
    const m = this.#live();
    const rows = unpack(m, at, packed, spec.dtype);
    return this.#place(m, rows.subarray(offset, offset + sizeOf(spec.shape))); // panels have no rows to look at
  }

  append(past: WasmStorage, pastSpec: Spec, more: WasmStorage, moreSpec: Spec, most: number): WasmStorage {
    const m = this.#live();
    const [old, added] = [bytesOf(pastSpec), bytesOf(moreSpec)];
    let { block } = past;
    const atStart = past.packed === undefined && past.at === block.at;
    if (block.refs === 1 && atStart) block.used = old; // nobody sees what was truncated away
    if (!atStart || block.used !== old || old + added > block.bytes) {
      const rows = pastSpec.shape[0] + moreSpec.shape[0];
      block = this.#block(m, ((old + added) / Math.max(1, rows)) * rowsWithRoom(rows, most));
      this.#copy(m, past, pastSpec, block.at);
    }
    this.#copy(m, more, moreSpec, block.at + old);
    block.used = old + added;
    return new WasmStorage(block, block.at, old + added);
  }

  free({ block }: WasmStorage): void {
    if (this.#machine === undefined) return;
    if (block.refs === 0) throw new StateError('a storage was freed twice', { op: 'free' });
    if (--block.refs > 0) return;
    this.#machine.heap.free(block.at, block.bytes);
    this.#blocks--;
    this.#bytes -= block.bytes;
  }

  bytesOf({ block }: WasmStorage): number {
    return block.bytes;
  }

  dispose(): void {
    this.#machine?.stop();
    this.#machine = undefined; // and with it the memory
    this.#blocks = 0;
    this.#bytes = 0;
  }

  #live(): Machine {
    if (this.#machine === undefined) throw new StateError('the backend was disposed', { op: 'wasm' });
    return this.#machine;
  }

  #block(m: Machine, bytes: number): Block {
    const at = m.heap.alloc(bytes);
    this.#blocks++;
    this.#bytes += bytes;
    return { at, bytes, used: bytes, refs: 0 };
  }

  #claim(m: Machine, bytes: number): WasmStorage {
    const block = this.#block(m, bytes);
    return new WasmStorage(block, block.at, bytes);
  }

  #place(m: Machine, data: HostArray): WasmStorage {
    const storage = this.#claim(m, data.byteLength);
    m.write(storage.at, data);
    return storage;
  }

  #copy(m: Machine, { at, bytes, packed }: WasmStorage, { dtype }: Spec, to: number): void {
    // By a kernel: a view of a large memory takes longer to make than a position of a cache to copy.
    if (packed === undefined) m.kernels.move(at, to, 1, 1, 1, 0, 0, 0, bytes);
    else m.write(to, unpack(m, at, packed, dtype));
  }
}

const whole = { Q8: 'int8', Q4: 'int4' } as const;

function panelsFor(kind: Packed['kind'], { shape }: Spec, use: Use): Packed {
  const layout = layoutOf(use);
  const [N, K] = layout === '[out, in]' ? shape : [shape[1], shape[0]];
  return { N, K, kind, layout };
}

function placed({ at, packed }: WasmStorage, { dtype, shape, label }: Spec): Placed {
  return { dtype, shape, label, at, packed };
}

function storageOf({ storage }: Tensor): WasmStorage {
  if (storage instanceof WasmStorage) return storage;
  throw new StateError('a tensor of this backend must have been made by it', { op: 'wasm' });
}
