/**
 * The two ways to keep a weight in whole numbers: along k every output is cut into blocks, each with a scale s of its own,
 * so that an outlier spoils its neighbours in one block and no others; w ≈ s·q, s a bfloat16.
 *
 *   Q8   blocks of 64    s = max|w| / 127, rounded upwards                       q −127 … 127   1.03 bytes a weight
 *   Q4   blocks of 32    s = w / −8, w the one farthest from 0; to nearest even  q −8 … 7       0.56 bytes a weight
 *
 * Measured for Q8, relative error of a product of plain numbers, and of one with four inputs 60 times as large, by block:
 * 32: 1.1 %, 1.4 % · 64: 1.2 %, 1.9 % · 128: 1.3 %, 2.7 % · 256: 1.5 %, 4.0 %. For Q4, relative error of weights that are
 * normally distributed (trained ones give the same within 0.2 %): −7 … 7 in blocks of 32: 9.8 % · −8 … 7 in blocks of 16:
 * 7.6 %, 32: 8.6 %, 64: 9.5 % · with a least number beside the scale in blocks of 64, which takes as many bytes: 9.0 % · the best
 * of seven scales in blocks of 32, which takes seven times as long: 8.2 %.
 */
import type { QuantisedDtype } from '../tensor/dtype.ts';

export interface Coding {
  /** Values of k that share a scale. */
  readonly block: number;
  readonly least: number;
  readonly most: number;
  /** May a scale be below 0? */
  readonly signed: boolean;
  /** Of numbers from `low` ≤ 0 to `high` ≥ 0: the scale as float32, before it is rounded. */
  scale(low: number, high: number): number;
  /** The same rounded: the bits of a float32 that is a bfloat16. */
  round(bits: number): number;
}

const up = (bits: number): number => (bits + 0xffff) & 0xffff0000;
const toNearest = (bits: number): number => (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;

export const codings: Readonly<Record<QuantisedDtype, Coding>> = {
  Q8: {
    block: 64,
    least: -127,
    most: 127,
    signed: false,
    scale: (low, high) => Math.fround(Math.max(-low, high) / 127),
    round: up, // so that the largest number is still 127 steps
  },
  Q4: {
    block: 32,
    least: -8,
    most: 7,
    signed: true,
    scale: (low, high) => Math.fround((high > -low ? high : low) / -8) + 0, // never −0, which a −0 among zeros would decide
    round: toNearest,
  },
};

/** A multiple of every block: weights come in so many rows at a time, and values of x that lie so close share a scale. */
export const longestBlock = codings.Q8.block;

/** Blocks of so many values that K inputs are cut into. */
export function blocksOf(K: number, block: number): number {
  return Math.ceil(K / block);
}
