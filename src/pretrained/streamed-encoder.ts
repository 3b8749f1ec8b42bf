import { BatonError } from '../errors.ts';
import { takingTurns } from '../generate/turns.ts';
import type { ModelFiles } from '../hub/files.ts';
import { keyMask, type Mask } from '../models/padding.ts';
import type { Run } from '../models/run.ts';
import { encoderLayer, enterEncoder, leaveEncoder, type T5Block } from '../models/t5.ts';
import { openT5Encoder, type StoredT5Encoder } from '../models/t5-stored.ts';
import type { T5Config } from '../models/t5-weights.ts';
import type { Loaded } from '../models/weight-source.ts';
import type { Backend } from '../tensor/backend.ts';
import { scopeInSteps } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { HeldFiles } from './held-files.ts';
import { idTensor } from './inputs.ts';
import { openTensors } from './load.ts';
import type { Placement } from './placement.ts';
import type { PromptEncoder, ReadOptions, Tokens } from './prompt-encoder.ts';
import { StoredCheckpoint } from './stored-checkpoint.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Opens an encoder that is read layer by layer for every prompt. Its files are closed with `held`. */
export async function openStreamed(
  files: ModelFiles,
  { backend, dtype }: Placement,
  held: HeldFiles,
  config: T5Config,
): Promise<Loaded<PromptEncoder>> {
  const source = new StoredCheckpoint(await openTensors(files), backend, dtype);
  const { weights, tensors } = await openT5Encoder(source, config);
  return { weights: new StreamedEncoder(weights, backend, held.signal), tensors };
}

/**
 * An encoder whose layers come from the file one by one, the next while this one computes.
 *
 * Errors    LoadError the bytes can't be read, with the layer · StateError closed meanwhile · the signal's reason. What was
 *           read is freed, and the next prompt starts anew
 */
class StreamedEncoder implements PromptEncoder {
  readonly #stored: StoredT5Encoder;
  readonly #backend: Backend;
  readonly #closing: AbortSignal;
  /** The end of the last prompt that was begun or waits. */
  #last: Promise<void> = Promise.resolve();

  constructor(stored: StoredT5Encoder, backend: Backend, closing: AbortSignal) {
    this.#stored = stored;
    this.#backend = backend;
    this.#closing = closing;
  }

  async tokens(rows: readonly (readonly number[])[], signal?: AbortSignal): Promise<Tokens> {
    const needed = [...new Set(rows.flat())];
    const order = new Map(needed.map((id, i) => [id, i]));
    const place = await this.#arrival(this.#stored.fetchTokens(needed), signal);
    const numbers = rows.map((row) => row.map((id) => order.get(id) ?? 0));
    const ids = idTensor(this.#backend, numbers);
    const table = await place().catch((error: unknown) => {
      ids.dispose();
      throw error;
    });
    return {
      table,
      ids,
      dispose() {
        table.dispose();
        ids.dispose();
      },
    };
  }

  /** One prompt at a time: side by side they would be no faster, and each would take the memory of its layers. */
  async read(run: Run, embeds: () => Tensor, mask: Mask, options: ReadOptions = {}): Promise<Tensor> {
    const before = this.#last;
    let end = (): void => {};
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    try {
      await this.#arrival(before, options.signal);
      return await this.#pass(run, embeds, mask, options);
    } finally {
      void before.then(end);
    }
  }

  async #pass(run: Run, embeds: () => Tensor, mask: Mask, { signal, collected }: ReadOptions): Promise<Tensor> {
    const { ends, nLayers } = this.#stored;
    const turn = takingTurns(signal);
    const { hidden } = await scopeInSteps(async (step) => {
      const part = <T>(fn: (run: Run) => T): T => step(() => ({ value: run.within('encoder', fn), collected })).value;
      let next = this.#fetch(0);
      let state = part((inner) => enterEncoder(inner, ends, embeds(), keyMask(this.#backend, mask)));
      for (let i = 0; i < nLayers; i++) {
        await turn();
        const place = await this.#arrival(next, signal);
        const { weights, tensors } = await place();
        try {
          if (i + 1 < nLayers) next = this.#fetch(i + 1);
          state = part((inner) => encoderLayer(inner, weights, state, i));
        } finally {
          for (const tensor of tensors) tensor.dispose();
        }
      }
      return { hidden: part((inner) => leaveEncoder(inner, ends, state)), collected };
    });
    return hidden;
  }

  /** Begins to read a layer. */
  #fetch(layer: number): Promise<() => Promise<Loaded<T5Block>>> {
    const fetched = this.#stored.fetchBlock(layer).catch((error: unknown) => {
      throw error instanceof BatonError && !this.#closing.aborted ? error.under(`encoder.blocks.${layer}`) : error;
    });
    fetched.catch(() => {}); // whoever waits for it is told; after another failure nobody does
    return fetched;
  }

  /** What was begun, unless the caller or the model's end comes first. */
  #arrival<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    return unlessAborted(work, [this.#closing, signal]);
  }
}
