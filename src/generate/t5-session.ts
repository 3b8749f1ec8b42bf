import { gather } from '../kernels/gather.ts';
import { reshape } from '../kernels/reshape.ts';
import { keyMask, type Mask } from '../models/padding.ts';
import type { Run } from '../models/run.ts';
import { embedTokens, type T5Weights, t5Decoder, unembed } from '../models/t5.ts';
import { keep, scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { upload } from '../tensor/upload.ts';
import type { Session } from './session.ts';
import { T5Cache } from './t5-cache.ts';

/** T5's decoder writing an answer to what the encoder read. */
export class T5Session implements Session {
  readonly vocabSize: number;
  readonly room = Number.POSITIVE_INFINITY;
  logits: Tensor;
  readonly #run: Run;
  readonly #w: T5Weights;
  readonly #cache: T5Cache;
  readonly #encoded: Tensor; //                                                                [B N D]
  readonly #owned: readonly Tensor[];
  #mask: Mask;

  /** `start` is the decoder's first token in every row; `owned` tensors are disposed of with the session, and where it cannot begin. */
  constructor(run: Run, w: T5Weights, encoded: Tensor, mask: Mask, start: number, owned: readonly Tensor[] = []) {
    const B = encoded.shape[0];
    this.#run = run;
    this.#w = w;
    this.#cache = new T5Cache(w.decoder.blocks.length, B);
    this.#encoded = encoded;
    this.#owned = owned;
    this.#mask = mask;
    this.vocabSize = w.unembed.shape[0];
    try {
      this.logits = this.#read(new Int32Array(B).fill(start));
    } catch (error) {
      for (const held of [this.#cache, ...owned]) held.dispose();
      throw error;
    }
  }

  get rows(): number {
    return this.logits.shape[0];
  }

  expect(tokens: number): void {
    this.#cache.self.expect(this.#cache.self.length + tokens);
  }

  next(tokens: ArrayLike<number>): void {
    const old = this.logits;
    this.logits = this.#read(Int32Array.from(tokens));
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
    for (const tensor of this.#owned) tensor.dispose();
  }

  /** Reads one token in every row; logits [B V]. */
  #read(tokens: Int32Array): Tensor {
    const w = this.#w;
    const { backend } = this.#encoded;
    const B = tokens.length;
    const logits = scope(() => {
      const ids = upload(backend, tokens, { dtype: 'I32', shape: [B, 1] });
      const pass = {
        encoded: this.#encoded,
        encoderMask: keyMask(backend, this.#mask),
        caches: this.#cache.self.layers,
        cross: this.#cache.cross,
      };
      return this.#run.within('decoder', (run) => {
        const hidden = t5Decoder(run, w.decoder, embedTokens(w, ids), pass); //                [B 1 D]
        return reshape(unembed(run, w, hidden), [B, -1]); //                                   [B V]
      });
    });
    return keep(logits);
  }
}
