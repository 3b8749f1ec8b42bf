import type { Tensor } from '../tensor/tensor.ts';

/** Keys and values of every position seen, [S B H E]. */
export interface KeysValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What attention asks of a cache, one a layer. */
export interface LayerCache {
  /** Positions kept so far. Read it before `append`: it is where the new tokens begin. */
  readonly length: number;
  /** Takes the new positions [T B H E] and gives all of them [S B H E], S = length + T. */
  append(keys: Tensor, values: Tensor): KeysValues;
}

/** For a pass that keeps nothing: all positions are the new ones. */
export const noCache: LayerCache = {
  length: 0,
  append: (keys, values) => ({ keys, values }),
};

/** Keys and values that a decoder computes from the encoder once per prompt, one entry a layer. */
export interface CrossCache {
  read(layer: number, make: () => KeysValues): KeysValues;
}

export const noCrossCache: CrossCache = { read: (_layer, make) => make() };
