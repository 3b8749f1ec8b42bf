import type { Handle } from './gpu-js.ts';

/** Where the numbers of a block are: on the device, or, in the modes that have none, in an array. */
export type Room = Handle | Float32Array;

/**
 * float32 numbers one behind the other, which several storages may share. They are there once the line of work has come to
 * them: until then there is neither room nor failure.
 */
export class Block {
  readonly id: number;
  /** Room, which may be more than a tensor on it needs. */
  readonly elements: number;
  /** A weight: uploaded once, and never written again. */
  readonly resident: boolean;
  /** How a texture of it lies; kernels are made for one. */
  readonly form: string;
  room: Room | undefined;
  failure: unknown;
  /** Storages on it. */
  refs = 0;

  constructor(id: number, elements: number, form: string, resident = false) {
    this.id = id;
    this.elements = elements;
    this.form = form;
    this.resident = resident;
  }
}

/** A block as a kernel sees it: rows of so many columns. */
export interface View {
  readonly block: Block;
  readonly cols: number;
  /** A weight whose columns come in fours: `w[row][four]` is an array of four. */
  readonly fours?: boolean;
}

/** Numbers that come from the host with a launch. */
export interface Values {
  readonly values: Float32Array;
  readonly cols: number;
}

/** What a kernel gets: a block, an array, or a number. */
export type Arg = View | Values | number;

export const isView = (arg: Arg): arg is View => typeof arg === 'object' && 'block' in arg;

export function rowsOf(arg: View | Values): number {
  const elements = 'block' in arg ? arg.block.elements : arg.values.length;
  return Math.floor(elements / arg.cols);
}
