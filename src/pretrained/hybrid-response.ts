/** What a hybrid's small model makes of a baton. */
import { concat } from '../kernels/concat.ts';
import { slice } from '../kernels/slice.ts';
import * as gpt2 from '../models/gpt2.ts';
import { noCache, noCrossCache } from '../models/layer-cache.ts';
import { keyMask, positions } from '../models/padding.ts';
import type { Run } from '../models/run.ts';
import * as t5 from '../models/t5.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Baton } from './baton.ts';
import { GPT2LMHeadModel, IGNORED } from './gpt2-lm-head-model.ts';
import { idTensor } from './inputs.ts';
import type { T5ForConditionalGeneration } from './t5-for-conditional-generation.ts';

/** Logits [B U V] of a response: row u predicts labels[u]. */
export function respond(
  run: Run,
  slm: GPT2LMHeadModel | T5ForConditionalGeneration,
  baton: Baton,
  labels: readonly (readonly number[])[],
): Tensor {
  return slm instanceof GPT2LMHeadModel ? respondGpt2(run, slm, baton, labels) : respondT5(run, slm, baton, labels);
}

/** GPT-2 reads X_in, then the response: row u comes from the column before labels[u]. */
function respondGpt2(
  run: Run,
  { weights: w }: GPT2LMHeadModel,
  baton: Baton,
  labels: readonly (readonly number[])[],
): Tensor {
  const { backend } = baton.prompt;
  const [B, N] = baton.prompt.shape;
  const U = labels[0].length;
  const mask = labels.map((row, b) =>
    Uint8Array.of(...(baton.mask?.[b] ?? new Array(N).fill(1)), ...row.map((id) => (id === IGNORED ? 0 : 1))),
  );
  const response = gpt2.embedTokens(w, idTensor(backend, withoutIgnored(labels, 0)));
  return run.within('decoder', (inner) => {
    const hidden = gpt2.gpt2(inner, w, concat([baton.prompt, response], 1), {
      positions: positions(backend, mask, B, 0, N + U),
      mask: keyMask(backend, mask),
      caches: w.blocks.map(() => noCache),
    }); //                                                                                     [B N+U D]
    return gpt2.unembed(inner, w, slice(hidden, 1, N - 1, N + U - 1)); //                      [B U V]
  });
}

/** T5 reads X_in with its own encoder; its decoder reads the response shifted right. */
function respondT5(
  run: Run,
  { weights: w, config }: T5ForConditionalGeneration,
  baton: Baton,
  labels: readonly (readonly number[])[],
): Tensor {
  const { backend } = baton.prompt;
  const encoded = encodeSmall(run, { weights: w }, baton);
  const shifted = withoutIgnored(labels, config.padId).map((row) => [config.decoderStartId, ...row.slice(0, -1)]);
  return run.within('decoder', (inner) => {
    const hidden = t5.t5Decoder(inner, w.decoder, t5.embedTokens(w, idTensor(backend, shifted)), {
      encoded,
      encoderMask: keyMask(backend, baton.mask),
      caches: w.decoder.blocks.map(() => noCache),
      cross: noCrossCache,
    }); //                                                                                     [B U D]
    return t5.unembed(inner, w, hidden); //                                                    [B U V]
  });
}

/** A T5 small model's own encoder over X_in; its taps are told apart from the LLM's. */
export function encodeSmall(run: Run, { weights }: Pick<T5ForConditionalGeneration, 'weights'>, baton: Baton): Tensor {
  const mask = keyMask(baton.prompt.backend, baton.mask);
  return run.within('slm_encoder', (inner) => t5.t5Encoder(inner, weights.encoder, baton.prompt, mask));
}

function withoutIgnored(labels: readonly (readonly number[])[], id: number): number[][] {
  return labels.map((row) => row.map((label) => (label === IGNORED ? id : label)));
}
