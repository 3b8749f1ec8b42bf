import { StateError } from '../../errors.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { widen } from '../../tensor/floats.ts';
import type { Inputs } from '../../tensor/op.ts';
import { describe, type Spec } from '../../tensor/shape.ts';
import type { Block, Values, View } from './block.ts';
import type { Launch } from './device.ts';
import type { Launcher } from './launcher.ts';
import { colsOf, GpuStorage, type Placed, rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/** One op on this backend: launches its kernels and gives the storages of its outputs, none of which is empty. */
export type GpuKernel<A> = (desk: Desk, inputs: Inputs<Placed>, attrs: A, outputs: readonly Spec[]) => GpuStorage[];

/** What one call of an op works on: its blocks are freed when it ends, but for those that it gives out. */
export class Desk {
  readonly launcher: Launcher;
  /** Blocks that a backend keeps for all calls, by what they hold. */
  readonly #kept: Map<string, Block>;
  readonly #blocks = new Set<Block>();

  constructor(launcher: Launcher, kept: Map<string, Block>) {
    this.launcher = launcher;
    this.#kept = kept;
  }

  /** A tensor as a kernel sees it: rows of its last axis, or of `cols`. */
  see(x: Placed, cols = colsOf(x.shape)): View | Values {
    const { storage } = x;
    if (storage.host !== undefined) return { values: floatsOf(x), cols };
    const [block] = storage.blocks;
    if (block === undefined) return { values: new Float32Array(Math.max(1, cols)), cols: Math.max(1, cols) }; // nobody looks
    return { block: storage.plain ? block : this.straighten(x), cols };
  }

  /** The same where rows may be further apart than they are long. */
  seeRows(x: Placed): View | Values {
    const { blocks, pitch, width } = x.storage;
    return pitch === width ? this.see(x) : { block: blocks[0], cols: pitch };
  }

  /** The elements behind each other, in order, in a block of their own. */
  straighten(x: Placed): Block {
    const { blocks, pitch, transposed } = x.storage;
    if (blocks.length !== 1) {
      throw new StateError(`a table in pieces is read by linear and embedding alone, got ${describe(x)}`, {
        op: 'gpu',
      });
    }
    const [rows, cols] = [rowsOf(x.shape), colsOf(x.shape)];
    const place = transposed ? `${column}][${row}` : `${row}][${column}`;
    const source = `function (x) { return x[${place}]; }`;
    return this.launch({ source, cols, rows, args: [{ block: blocks[0], cols: transposed ? rows : pitch }] });
  }

  launch(launch: Launch): Block {
    const block = this.launcher.launch(launch);
    this.#blocks.add(block);
    return block;
  }

  /** A block that lives as long as the backend. */
  keep(name: string, values: () => Float32Array): Block {
    const found = this.#kept.get(name) ?? this.launcher.upload(values(), false);
    this.#kept.set(name, found);
    return found;
  }

  /** The storage of an output. */
  store(block: Block, { shape }: Spec, pitch?: number): GpuStorage {
    this.#blocks.delete(block);
    return new GpuStorage([block], colsOf(shape), { pitch });
  }

  /** The output of a step on the way to another: freed when the op ends. */
  passing(storage: GpuStorage): GpuStorage {
    for (const block of storage.blocks) this.#blocks.add(block);
    return storage;
  }

  /** An output on the same block as an input. */
  share({ storage }: Placed, { shape }: Spec): GpuStorage {
    const { blocks, pitch, width } = storage;
    return new GpuStorage(blocks, colsOf(shape), { ...storage, pitch: pitch === width ? undefined : pitch });
  }

  /** Frees what was needed on the way. */
  clear(): void {
    for (const block of this.#blocks) this.launcher.release(block);
    this.#blocks.clear();
  }
}

/** The elements of a tensor on the host, as float32. */
export function floatsOf({ dtype, storage: { host = new Float32Array() } }: Placed): Float32Array {
  return isFloat(dtype) ? widen(host, dtype) : Float32Array.from(host, Number);
}
