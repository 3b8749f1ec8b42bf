import type { HostArray } from '../../tensor/dtype.ts';
import { type Shape, type Spec, sizeOf } from '../../tensor/shape.ts';
import type { Block } from './block.ts';

export interface Lying {
  /** Elements from one row of the last axis to the next; more than its size where there is room to grow. */
  readonly pitch?: number;
  /** A matrix that lies column by column. */
  readonly transposed?: boolean;
  /** Whole numbers that came from the host (ids, masks, labels) stay there; all else is on the device. */
  readonly host?: HostArray;
}

/** One tensor's numbers. */
export class GpuStorage {
  /** Pieces of a table too large for one block, by rows; else one block. None where there are no elements. */
  readonly blocks: readonly Block[];
  /** Size of the last axis. */
  readonly width: number;
  readonly pitch: number;
  readonly transposed: boolean;
  readonly host: HostArray | undefined;

  constructor(blocks: readonly Block[], width: number, { pitch = width, transposed = false, host }: Lying = {}) {
    this.blocks = blocks;
    this.width = width;
    this.pitch = pitch;
    this.transposed = transposed;
    this.host = host;
    for (const block of blocks) block.refs++;
  }

  /** Do the elements lie one behind the other, in order? */
  get plain(): boolean {
    return this.pitch === this.width && !this.transposed && this.blocks.length <= 1;
  }
}

/** A tensor as the ops here see it. */
export interface Placed extends Spec {
  readonly storage: GpuStorage;
}

/** The size of the last axis, 1 for rank 0. */
export const colsOf = (shape: Shape): number => shape.at(-1) ?? 1;

/** How often the last axis repeats. */
export const rowsOf = (shape: Shape): number => sizeOf(shape.slice(0, -1));
