import type { Arg, Block, Room } from './block.ts';
import type { Context } from './gpu-js.ts';

/** Which neighbours a thread may compute at once. Beside four columns it reads their number of x once, beside four rows that of w. */
export type Quads = 'columns' | 'rows';

/** A kernel: its source beside what it writes and reads. */
export interface Launch {
  /** A function in gpu.js's part of JavaScript; `this.thread.x` is the column that it computes, `this.thread.y` the row. */
  readonly source: string;
  readonly cols: number;
  readonly rows: number;
  readonly args: readonly Arg[];
  /** Row r reads nothing of the first argument but number r: where `weightsInKernels`, the source is given that number. */
  readonly rowwise?: boolean;
  /** The source gives four neighbours in this direction, in which `this.thread` counts fours. */
  readonly quads?: Quads;
}

export interface Limits {
  /** Elements of one piece of a weight. */
  readonly shard: number;
  /** Columns or rows of a texture; Infinity where there are none. */
  readonly side: number;
}

/** What a mode of gpu.js does with numbers. Called one after the other, each call when the one before has ended. */
export interface Device {
  readonly limits: Limits;
  readonly quads: Quads;
  /** Whether a kernel can read four neighbours of a weight at once. */
  readonly readsFours: boolean;
  /** Whether a weight is part of the kernels that read it, if they compute one row, or row by row. */
  readonly weightsInKernels: boolean;
  /** Kernels compiled so far. */
  readonly compiled: number;
  readonly context: Context | undefined;
  /** How a result of this size lies; and how an upload does. Kernels are made for the forms of what they read. */
  form(launch: Launch): string;
  formOfUpload(size: number): string;
  run(launch: Launch): Promise<Room>;
  upload(values: Float32Array): Promise<Room>;
  /** The first `count` numbers, a copy. */
  read(block: Block, count: number): Promise<Float32Array>;
  release(block: Block): void;
  dispose(): void;
}
