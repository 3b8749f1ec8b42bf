import { gather } from '../kernels/gather.ts';
import { reshape } from '../kernels/reshape.ts';
import { slice } from '../kernels/slice.ts';
import { embedTokens, type Gpt2Weights, gpt2, unembed } from '../models/gpt2.ts';
import { keyMask, type Mask, positions } from '../models/padding.ts';
import type { Run } from '../models/run.ts';
import { keep, scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';
import { KVCache } from './kv-cache.ts';
import type { Session } from './session.ts';

/** GPT-2 continuing a prompt that is given as embeddings: of its own tokens, or of what the bridge hands over. */
export class Gpt2Session implements Session {
  readonly vocabSize: number;
  logits: Tensor;
  readonly #run: Run;
  readonly #w: Gpt2Weights;
  readonly #cache: KVCache;
  #mask: Mask;

  /** `embeds` [B T D] stays the caller's; `mask` [B][T] marks left padding. */
  constructor(run: Run, w: Gpt2Weights, embeds: Tensor, mask: Mask) {
    this.#run = run;
    this.#w = w;
    this.#cache = new KVCache(w.blocks.length);
    this.#mask = mask;
    this.vocabSize = w.unembed.shape[0];
    try {
      this.logits = this.#read(() => embeds);
    } catch (error) {
      this.#cache.dispose();
      throw error;
    }
  }

  get rows(): number {
    return this.logits.shape[0];
  }

  get room(): number {
    return this.#w.positionEmbedding.shape[0] - this.#cache.length;
  }

  expect(tokens: number): void {
    this.#cache.expect(this.#cache.length + tokens);
  }

  next(tokens: ArrayLike<number>): void {
    const old = this.logits;
    this.#mask = this.#mask?.map((row) => Uint8Array.of(...row, 1));
    this.logits = this.#read(() => {
      const ids = upload(old.backend, Int32Array.from(tokens), { dtype: 'I32', shape: [old.shape[0], 1] });
      return embedTokens(this.#w, ids);
    });
    old.dispose();
  }

  reorder(from: readonly number[]): void {
    const old = this.logits;
    this.#cache.reorder(from);
    const mask = this.#mask;
    this.#mask = mask && from.map((row) => mask[row]);
    this.logits = keep(gather(old, 0, from));
    old.dispose();
  }

  dispose(): void {
    this.#cache.dispose();
    this.logits.dispose();
  }

  /** Reads embeddings [B T D] behind what is cached; logits of the last column alone, [B V]. */
  #read(embed: () => Tensor): Tensor {
    const logits = scope(() => {
      const embeds = embed();
      const { backend } = embeds;
      const [B, T] = embeds.shape;
      const pass = {
        positions: positions(backend, this.#mask, B, this.#cache.length, T),
        mask: keyMask(backend, this.#mask),
        caches: this.#cache.layers,
      };
      return this.#run.within('decoder', (run) => {
        const hidden = gpt2(run, this.#w, embeds, pass); //                                    [B T D]
        const last = slice(hidden, 1, T - 1, T); //                                            [B 1 D]
        return reshape(unembed(run, this.#w, last), [B, -1]); //                               [B V]
      });
    });
    return keep(logits);
  }
}
