import { BatonError, StateError } from '../../errors.ts';
import { type Arg, Block, isView } from './block.ts';
import type { Device, Launch } from './device.ts';
import { Line } from './line.ts';

/** What has passed between this memory and the device's, counted in numbers; a launch's own arguments are none. */
export interface Traffic {
  readonly uploaded: number;
  readonly read: number;
  readonly launches: number;
  readonly compiled: number;
  /** Blocks that hold numbers on the device now. */
  readonly handles: number;
}

/** Lets kernels run in the order in which ops asked for them, and hands out their results before they are there. */
export class Launcher {
  readonly device: Device;
  readonly #line = new Line();
  #nextId = 0;
  #bytes = 0;
  readonly #alive = new Set<Block>();
  #handles = 0;
  #uploaded = 0;
  #read = 0;
  #launches = 0;

  constructor(device: Device) {
    this.device = device;
  }

  get traffic(): Traffic {
    return {
      uploaded: this.#uploaded,
      read: this.#read,
      launches: this.#launches,
      compiled: this.device.compiled,
      handles: this.#handles,
    };
  }

  get memory(): { blocks: number; bytes: number } {
    return { blocks: this.#alive.size, bytes: this.#bytes };
  }

  /** Runs a kernel; its result, [rows cols], belongs to the caller. */
  launch(launch: Launch): Block {
    const { cols, rows, args } = launch;
    const block = this.#block(cols * rows, this.device.form(launch));
    this.#launches++;
    for (const arg of args) if (typeof arg === 'object' && !isView(arg)) this.#uploaded += arg.values.length;
    this.#fill(block, args, () => this.device.run(launch));
    return block;
  }

  /** Numbers of this memory, `resident` where they are a weight. */
  upload(values: Float32Array, resident: boolean): Block {
    const block = this.#block(values.length, this.device.formOfUpload(values.length), resident);
    this.#uploaded += values.length;
    this.#fill(block, [], () => this.device.upload(values));
    return block;
  }

  async read(block: Block, count: number): Promise<Float32Array> {
    let values: Float32Array = new Float32Array();
    let failure: unknown;
    this.#line.push(async () => {
      try {
        if (block.failure !== undefined) throw block.failure;
        if (block.room === undefined) throw new StateError('a block is read after it was released', { op: 'gpu' });
        values = await this.device.read(block, count);
      } catch (error) {
        failure = told(error);
      }
    });
    await this.#line.done();
    if (failure !== undefined) throw failure;
    this.#read += count;
    return values;
  }

  release(block: Block): void {
    this.#alive.delete(block);
    this.#bytes -= 4 * block.elements;
    this.#line.push(() => {
      if (block.room !== undefined) this.#handles--;
      this.device.release(block);
    });
  }

  /** When all that was asked for is done. */
  done(): Promise<void> {
    return this.#line.done();
  }

  /** Frees all blocks and what kernels hold, behind all that was asked for. */
  dispose(then: () => void): void {
    for (const block of [...this.#alive]) this.release(block);
    this.#line.push(() => {
      this.device.dispose();
      then();
    });
  }

  #block(elements: number, form: string, resident = false): Block {
    this.#bytes += 4 * elements;
    const block = new Block(this.#nextId++, elements, form, resident);
    this.#alive.add(block);
    return block;
  }

  #fill(block: Block, args: readonly Arg[], make: () => Promise<Block['room']>): void {
    this.#line.push(async () => {
      try {
        for (const arg of args)
          if (typeof arg === 'object' && isView(arg) && arg.block.failure !== undefined) throw arg.block.failure;
        block.room = await make();
        this.#handles++;
      } catch (error) {
        block.failure = told(error);
      }
    });
  }
}

/** What gpu.js threw, as an error of ours. */
function told(error: unknown): BatonError {
  if (error instanceof BatonError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StateError(`gpu.js: ${message.split('\n')[0]}`, { op: 'gpu', cause: error });
}
