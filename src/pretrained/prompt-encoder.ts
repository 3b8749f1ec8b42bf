import { type Lookup, lookUp } from '../models/lookup.ts';
import { keyMask, type Mask } from '../models/padding.ts';
import { type Observer, observers, type Run, runFor } from '../models/run.ts';
import { type T5EncoderWeights, t5Encoder } from '../models/t5.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Collector } from './collect.ts';
import { idTensor } from './inputs.ts';

/** Tokens with what they are embedded by, until `dispose`. */
export interface Tokens extends Lookup {
  dispose(): void;
}

export interface ReadOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Tensors in here, also those that come while it is read, stay with the caller. */
  readonly collected?: object;
}

/** What reads a prompt: T5's encoder, its weights in memory or in their file. */
export interface PromptEncoder {
  tokens(ids: readonly (readonly number[])[], signal?: AbortSignal): Promise<Tokens>;
  /** Embeddings → H [B N D], which belongs to the caller. */
  read(run: Run, embeds: () => Tensor, mask: Mask, options?: ReadOptions): Promise<Tensor>;
}

/** An encoder with all its weights in memory. */
export function residentEncoder({ tokenEmbedding: table, encoder }: T5EncoderWeights): PromptEncoder {
  const { backend } = table;
  return {
    async tokens(rows) {
      const ids = idTensor(backend, rows);
      return { table, ids, dispose: () => ids.dispose() };
    },
    async read(run, embeds, mask, { signal, collected } = {}) {
      signal?.throwIfAborted();
      return scope(() => {
        const pass = (inner: Run) => t5Encoder(inner, encoder, embeds(), keyMask(backend, mask));
        return { hidden: run.within('encoder', pass), collected };
      }).hidden;
    },
  };
}

/** A checked prompt: ids or embeddings, and the mask. */
export interface Prompt {
  readonly ids: number[][];
  readonly embeds?: Tensor;
  readonly mask: Mask;
}

export interface EncodeOptions {
  readonly output_hidden_states?: boolean;
  readonly output_attentions?: boolean;
  readonly observer?: Observer;
  readonly signal?: AbortSignal;
}

export interface T5EncoderOutput {
  /** H, after the final norm. */
  readonly last_hidden_state: Tensor; //                                                       [B N D]
  /** Embeddings, every layer; the last one after the final norm. */
  readonly hidden_states?: Tensor[]; //                                                        L+1 × [B N D]
  readonly attentions?: Tensor[]; //                                                           L × [B H N N]
}

/** Runs an encoder over a checked prompt, collecting what is asked for. */
export async function encode(
  encoder: PromptEncoder,
  { ids, embeds, mask }: Prompt,
  { output_hidden_states, output_attentions, observer, signal }: EncodeOptions,
): Promise<T5EncoderOutput> {
  const wanted = { hiddenStates: output_hidden_states ?? false, attentions: output_attentions ?? false };
  const collector = new Collector('encoder', 'final_norm', wanted);
  const run = runFor(observers(observer, wanted.hiddenStates || wanted.attentions ? collector : undefined));
  const collected = {
    ...(wanted.hiddenStates && { hidden_states: collector.hiddenStates }),
    ...(wanted.attentions && { attentions: collector.attentions }),
  };
  const read = (x: () => Tensor) => encoder.read(run, x, mask, { signal, collected });
  if (embeds !== undefined) return { last_hidden_state: await read(() => embeds), ...collected };
  const tokens = await encoder.tokens(ids, signal);
  try {
    return { last_hidden_state: await read(() => lookUp(tokens)), ...collected };
  } finally {
    tokens.dispose();
  }
}
