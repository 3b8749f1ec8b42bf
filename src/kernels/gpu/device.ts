import type { Arg, Block, Room } from './block.ts';
import type { Context } from './gpu-js.ts';

/** A kernel: its source beside what it writes and reads. */
export interface Launch {
  /** A function in gpu.js's part of JavaScript; `this.thread.x` is the column that it computes, `this.thread.y` the row. */
  readonly source: string;
  readonly cols: number;
  readonly rows: number;
  readonly args: readonly Arg[];
  /** Row r of the result reads nothing of the first argument but row r. */
  readonly rowwise?: boolean;
  /** The source gives four neighbouring columns, of which `this.thread.x` counts the fours. */
  readonly quads?: boolean;
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
  /** Whether a kernel may give four columns at once, and whether it reads four of a weight at once as well. */
  readonly quads: 'given' | 'given and read' | undefined;
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
