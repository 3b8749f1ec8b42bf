import { gather } from '../kernels/gather.ts';
import type { CrossCache, KeysValues } from '../models/layer-cache.ts';
import { bytesKept, free, outliving, whole } from './kept.ts';

/** Keys and values that a T5 decoder takes from the encoder: made at the first step, read at all later ones. */
export class CrossAttentionCache implements CrossCache {
  readonly #layers = new Map<number, KeysValues>();
  /** Prompt that each row belongs to: beams of one prompt share what they attend to. */
  #prompts: number[];

  constructor(rows: number) {
    this.#prompts = Array.from({ length: rows }, (_, i) => i);
  }

  get bytes(): number {
    let sum = 0;
    for (const layer of this.#layers.values()) sum += bytesKept(layer);
    return sum;
  }

  read(layer: number, make: () => KeysValues): KeysValues {
    const found = this.#layers.get(layer);
    if (found !== undefined) return found;
    const { keys, values } = make();
    return this.#put(layer, () => ({ keys: whole(keys), values: whole(values) }));
  }

  /** Row i becomes row from[i]; nothing is copied while every row stays with its prompt. */
  reorder(from: readonly number[]): void {
    const prompts = from.map((row) => this.#prompts[row]);
    const moved = prompts.length !== this.#prompts.length || prompts.some((p, i) => p !== this.#prompts[i]);
    this.#prompts = prompts;
    if (!moved) return;
    for (const [layer, old] of this.#layers) {
      this.#put(layer, () => ({ keys: gather(old.keys, 1, from), values: gather(old.values, 1, from) }));
      free(old);
    }
  }

  dispose(): void {
    for (const layer of this.#layers.values()) free(layer);
    this.#layers.clear();
  }

  #put(layer: number, make: () => KeysValues): KeysValues {
    const made = outliving(make);
    this.#layers.set(layer, made);
    return made;
  }
}
