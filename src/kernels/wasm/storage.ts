import type { Spec } from '../../tensor/shape.ts';
import { blocksOf, codings, longestBlock } from '../codings.ts';

/** Memory that several storages may share: a tensor and its views, a cache and its longer successor. */
export interface Block {
  readonly at: number;
  readonly bytes: number;
  /** Bytes that some storage has claimed; what is behind is room to grow. */
  used: number;
  /** Storages on this block. */
  refs: number;
}

/** How the elements of a float weight are kept: 0 float32, 1 F16 (all finite), 2 BF16. */
export type Kind = 0 | 1 | 2;

/** Kinds of weights in whole numbers. */
export type Whole = 'int8' | 'int4';

/** A weight [N outputs, K inputs] in panels of 32 outputs: [K][32] each, or as assembly/int8.ts and int4.ts say. */
export interface Packed {
  readonly N: number;
  readonly K: number;
  readonly kind: Kind | Whole;
  /** How the tensor itself is stored, seen from outside. */
  readonly layout: '[out, in]' | '[in, out]';
}

/** Bytes of a block: row-major elements, or a packed weight. */
export class WasmStorage {
  readonly block: Block;
  /** Address of the first byte. */
  readonly at: number;
  readonly bytes: number;
  readonly packed: Packed | undefined;

  constructor(block: Block, at: number, bytes: number, packed?: Packed) {
    this.block = block;
    this.at = at;
    this.bytes = bytes;
    this.packed = packed;
    block.refs++;
  }
}

/** A tensor as the kernels see it. */
export interface Placed extends Spec {
  readonly at: number;
  readonly packed: Packed | undefined;
}

/** Bytes of a packed weight: columns that do not exist fill the last panel. */
export function packedBytes({ N, K, kind }: Packed): number {
  return Math.ceil(N / 32) * 32 * (isWhole(kind) ? outputBytes(K, kind) : K * (kind === 0 ? 4 : 2));
}

export function isWhole(kind: Packed['kind'] | undefined): kind is Whole {
  return kind === 'int8' || kind === 'int4';
}

/** Bytes of an output of a weight: in int8 its values, in fours, and a word a block; in int4 half of that, in eights. */
export function outputBytes(K: number, kind: Whole): number {
  if (kind === 'int8') return Math.ceil(K / 4) * 4 + 4 * blocksOf(K, codings.Q8.block);
  return Math.ceil(K / 8) * 4 + 2 * blocksOf(K, codings.Q4.block);
}

/** Bytes of a row of activations in int8: its values, in fours, and two floats a block. */
export function rowBytes(K: number): number {
  return Math.ceil(K / 4) * 4 + 8 * blocksOf(K, longestBlock);
}
