import { CrossAttentionCache } from './cross-cache.ts';
import { KVCache } from './kv-cache.ts';

/** What a T5 decoder keeps of one batch: its own past, and what it takes from the encoder. It belongs to one prompt. */
export class T5Cache {
  readonly self: KVCache;
  readonly cross: CrossAttentionCache;

  constructor(nLayers: number, rows: number) {
    this.self = new KVCache(nLayers);
    this.cross = new CrossAttentionCache(rows);
  }

  /** Positions kept of the decoder's own past. */
  get length(): number {
    return this.self.length;
  }

  get bytes(): number {
    return this.self.bytes + this.cross.bytes;
  }

  /** Forgets every position of the decoder's past from `length` on. */
  truncate(length: number): void {
    this.self.truncate(length);
  }

  /** Row i becomes row from[i]; there may be more rows or fewer than before. */
  reorder(from: readonly number[]): void {
    this.self.reorder(from);
    this.cross.reorder(from);
  }

  dispose(): void {
    this.self.dispose();
    this.cross.dispose();
  }
}
