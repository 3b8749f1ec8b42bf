import { OptionError, show } from '../errors.ts';
import { append } from '../kernels/append.ts';
import { gather } from '../kernels/gather.ts';
import { slice } from '../kernels/slice.ts';
import type { KeysValues, LayerCache } from '../models/layer-cache.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { bytesKept, free, outliving, whole } from './kept.ts';

/** One layer's keys and values [S B H E], grown by `append`. */
class Layer implements LayerCache {
  kept: KeysValues | undefined;
  /** Positions there will ever be. */
  most = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.kept?.keys.shape[0] ?? 0;
  }

  append(keys: Tensor, values: Tensor): KeysValues {
    return this.become((old) =>
      old === undefined
        ? { keys: whole(keys), values: whole(values) }
        : { keys: append(old.keys, keys, this.most), values: append(old.values, values, this.most) },
    );
  }

  /** Puts other tensors in place of those kept, and frees the old ones. */
  become(change: (old: KeysValues | undefined) => KeysValues): KeysValues {
    const old = this.kept;
    this.kept = outliving(() => change(old));
    if (old !== undefined) free(old);
    return this.kept;
  }

  fork(): Layer {
    const copy = new Layer();
    const { kept } = this;
    if (kept !== undefined) copy.become(() => ({ keys: whole(kept.keys), values: whole(kept.values) }));
    return copy;
  }

  dispose(): void {
    if (this.kept !== undefined) free(this.kept);
    this.kept = undefined;
  }
}

/**
 * The keys and values of all positions a decoder has seen: what makes a new token cost one position instead of all.
 *
 * Growing doubles the room behind, or takes all that is expected, so a token costs its own bytes. `fork` shares memory until one
 * side appends.
 *
 * Shapes    per layer keys and values [S B H E]
 * Units     `bytes`: of the positions kept; room for growth and what forks share is told by the backend's `memory`
 */
export class KVCache {
  readonly layers: readonly Layer[];

  constructor(nLayers: number, layers = Array.from({ length: nLayers }, () => new Layer())) {
    this.layers = layers;
  }

  /** Positions kept. */
  get length(): number {
    return this.layers[0]?.length ?? 0;
  }

  get bytes(): number {
    let sum = 0;
    for (const { kept } of this.layers) if (kept !== undefined) sum += bytesKept(kept);
    return sum;
  }

  /** There will be no more than so many positions: no room is taken for others. */
  expect(most: number): void {
    for (const layer of this.layers) layer.most = most;
  }

  /** Forgets every position from `length` on. */
  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.length) {
      throw new OptionError(`"length" must be a whole number in [0, ${this.length}], got ${show(length)}`, {
        op: 'truncate',
        got: length,
      });
    }
    if (length === 0) this.dispose();
    else this.#each((t) => slice(t, 0, 0, length));
  }

  /** Row i of the batch becomes row from[i]; there may be more rows or fewer than before. */
  reorder(from: readonly number[]): void {
    this.#each((t) => gather(t, 1, from));
  }

  /** A second cache with the same past; neither sees what the other appends. */
  fork(): KVCache {
    return new KVCache(
      this.layers.length,
      this.layers.map((layer) => layer.fork()),
    );
  }

  dispose(): void {
    for (const layer of this.layers) layer.dispose();
  }

  #each(change: (t: Tensor) => Tensor): void {
    for (const layer of this.layers) {
      const { kept } = layer;
      if (kept !== undefined) layer.become(() => ({ keys: change(kept.keys), values: change(kept.values) }));
    }
  }
}
