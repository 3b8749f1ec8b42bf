import type { Room } from '../../tensor/backend.ts';
import type { Dtype, HostArray } from '../../tensor/dtype.ts';
import { widen } from '../../tensor/floats.ts';
import type { Host } from '../../tensor/op.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Crew } from './crew.ts';
import { Heap } from './heap.ts';
import type { Divisible, Kernels, Whole } from './kernels.ts';
import { unpack } from './pack.ts';
import { unpackQuantised } from './quantised.ts';
import { isWhole, type Placed } from './storage.ts';

const page = 65536;
/** Grown by a sixteenth at least, so that many small steps stay few. */
const growth = 1 / 16;
/**
 * Bytes behind all that is in use which are memory too: kernels ask for weights before they need them (assembly/simd.ts), at
 * most for 256 rows of a panel of halves (assembly/gemm.ts).
 */
export const ahead = 16384;
/** Products of a part: at most these, about 0.1 ms, as long as there are few parts, because each may need room of its own. */
const largestPart = 1 << 22;
const mostShares = 32;
/** And at least these, where there is one for every thread: a part costs 0.2 µs. */
const smallestPart = 1 << 18;
/** Below this address lies what the compiler keeps for itself, and the verdict. */
export const begin = 1152;
const verdictAt = 1024;

export interface MachineOptions {
  /** Helps with kernels of at least `worthwhile` products. */
  readonly crew?: Crew;
  readonly worthwhile?: number;
  /** Which forms of the kernels are the fastest here; no bits depend on it. */
  readonly wideDots?: boolean;
  readonly paired?: boolean;
}

/** One memory, its allocator, and the kernels at work on it. */
export class Machine {
  readonly kernels: Kernels;
  readonly heap: Heap;
  /** Are dots of bytes added up in i32? */
  readonly wideDots: boolean;
  /** Are pairs of vectors one to the engine? */
  readonly paired: boolean;
  readonly #memory: WebAssembly.Memory;
  readonly #crew: Crew | undefined;
  readonly #worthwhile: number;
  /** What the memory was called when rooms were made in it: by another name after it has grown. */
  readonly #rooms = new WeakSet<ArrayBufferLike>();
  #verdict = new Int32Array();
  /** Room lent until the op at work is done. */
  readonly #lent: { at: number; bytes: number }[] = [];

  constructor(kernels: Kernels, memory: WebAssembly.Memory, options: MachineOptions = {}) {
    const { crew, worthwhile = 1 << 17, wideDots = false, paired = false } = options;
    this.kernels = kernels;
    this.wideDots = wideDots;
    this.paired = paired;
    this.#memory = memory;
    this.#crew = crew;
    this.#worthwhile = worthwhile;
    this.heap = new Heap(begin, (end) => this.#reach(end + ahead));
  }

  /** Into how many parts a kernel of so many products is cut: some for each thread, and none of them long. */
  parts(products: number): number {
    if (this.#crew === undefined || products < this.#worthwhile) return 1;
    const { size } = this.#crew;
    const some = Math.max(size, Math.min(4 * size, Math.floor(products / smallestPart)));
    return Math.max(some, Math.min(mostShares, Math.ceil(products / largestPart)));
  }

  /** Products that are cut into as many parts as there are threads. */
  get onePartEach(): number {
    return (this.#crew?.size ?? 1) * smallestPart;
  }

  /** Why there are no threads where some were meant to be. */
  get crewFailure(): string | undefined {
    return this.#crew?.failure;
  }

  /** Runs a kernel of so many products, in all threads where that is worth it. */
  divide<N extends Divisible>(products: number, name: N, ...args: Whole<Kernels[N]>): void {
    const kernel: (...args: number[]) => void = this.kernels[name];
    const parts = this.parts(products);
    if (this.#crew === undefined || parts === 1 || !this.#crew.ready) {
      kernel(...args, 0, 1);
      return;
    }
    const own = [...args, 0, parts];
    this.#crew.run(name, args, parts, (part) => {
      own[args.length] = part;
      kernel(...own);
    });
  }

  stop(): void {
    this.#crew?.stop();
  }

  /** Elements in place. Good until the memory grows, which every allocation may cause. */
  view(at: number, dtype: Dtype, length: number): HostArray {
    const { buffer } = this.#memory;
    switch (dtype) {
      case 'F32':
        return new Float32Array(buffer, at, length);
      case 'F16':
      case 'BF16':
        return new Uint16Array(buffer, at, length);
      case 'I32':
        return new Int32Array(buffer, at, length);
      case 'I64':
        return new BigInt64Array(buffer, at, length);
      case 'I8':
      case 'Q8':
      case 'Q4':
        return new Int8Array(buffer, at, length);
      default:
        return new Uint8Array(buffer, at, length);
    }
  }

  bytes(at: number, length: number): Uint8Array<ArrayBufferLike> {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  /** Address of two words, 0 now, in which the kernel at work says what it cannot do. */
  clearVerdict(): number {
    this.verdict.fill(0);
    return verdictAt;
  }

  /** The two words. Ask for them when the kernel is done: room lent since they were cleared may have made the memory grow. */
  get verdict(): Int32Array {
    if (this.#verdict.length === 0) this.#verdict = new Int32Array(this.#memory.buffer, verdictAt, 2); // left behind by growth
    return this.#verdict;
  }

  /** Puts an array's bytes at an address. */
  write(at: number, data: HostArray): void {
    this.bytes(at, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /**
   * Room that a file may be read into. A memory that is not shared leaves its views behind when it grows: then it is room
   * outside, whose bytes are copied.
   */
  room(bytes: number): Room {
    const { buffer } = this.#memory;
    if (buffer instanceof ArrayBuffer) return { bytes: new Uint8Array(bytes), free: () => {} };
    const at = this.heap.alloc(bytes);
    const own = this.bytes(at, bytes);
    this.#rooms.add(own.buffer);
    return { bytes: own, free: () => this.heap.free(at, bytes) };
  }

  /** Address of bytes that lie in a room; undefined where they are outside. */
  placeOf({ buffer, byteOffset }: Uint8Array): number | undefined {
    return this.#rooms.has(buffer) ? byteOffset : undefined;
  }

  /** Room that comes back when the op at work is done. */
  lend(bytes: number): number {
    const at = this.heap.alloc(bytes);
    this.#lent.push({ at, bytes });
    return at;
  }

  takeBack(): void {
    for (const { at, bytes } of this.#lent) this.heap.free(at, bytes);
    this.#lent.length = 0;
  }

  /** Address of a float tensor's elements as row-major float32: its own, or of a copy that lives as long as the op. */
  floats(tensor: Placed): number {
    const { dtype, packed, at, shape } = tensor;
    if (dtype === 'F32' && packed === undefined) return at;
    const room = this.lend(4 * sizeOf(shape));
    this.write(room, widen(this.host(tensor).data, dtype));
    return room;
  }

  /** The tensor for loops in TypeScript. Make it after everything is allocated: it does not survive growth. */
  host({ dtype, shape, label, at, packed }: Placed): Host {
    const view = () => this.view(at, dtype, sizeOf(shape));
    if (packed !== undefined && isWhole(packed.kind))
      return { dtype, shape, label, ...unpackQuantised(this, at, { ...packed, kind: packed.kind }) };
    return { dtype, shape, label, data: packed === undefined ? view() : unpack(this, at, packed, dtype) };
  }

  #reach(end: number): boolean {
    const { byteLength } = this.#memory.buffer;
    if (end <= byteLength) return true;
    const needed = Math.ceil((end - byteLength) / page);
    const wanted = Math.max(needed, Math.floor((byteLength * growth) / page));
    return this.#grow(wanted) || (wanted > needed && this.#grow(needed));
  }

  #grow(pages: number): boolean {
    try {
      this.#memory.grow(pages);
      return true;
    } catch {
      return false; // the engine or its limit refuses: the allocator tells
    }
  }
}
