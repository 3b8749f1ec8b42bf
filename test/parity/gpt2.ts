/** Kind `gpt2`: full passes, padded on either side, from embeddings, cached and in chunks, and the loss. */

import { KVCache } from '../../src/generate/kv-cache.ts';
import { concat } from '../../src/kernels/concat.ts';
import { slice } from '../../src/kernels/slice.ts';
import { GPT2LMHeadModel, type Gpt2Inputs } from '../../src/pretrained/gpt2-lm-head-model.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { readGolden } from '../generate/goldens.ts';
import { placed } from '../placed.ts';
import type { Tally } from './compare.ts';
import { inputEmbeds } from './embeds.ts';
import { comparePasses, numbered, type Pass } from './passes.ts';
import type { GoldenFolder } from './walk.ts';

interface Inputs {
  readonly ids: number[][];
  readonly left_ids: number[][];
  readonly left_mask: number[][];
  readonly right_ids: number[][];
  readonly right_mask: number[][];
  readonly labels: number[][];
  /** Columns of the first call of the cached pass. */
  readonly prefill: number;
  /** Columns of each call of the chunked pass. */
  readonly chunks: number[];
}

export function gpt2(folder: GoldenFolder, tally: Tally): void {
  const { inputs } = readGolden<{ inputs: Inputs }>(folder.path);
  const loaded = GPT2LMHeadModel.from_pretrained(folder.path, placed);
  const full = async (asked: Gpt2Inputs & { attention_mask?: number[][] }): Promise<Pass> => {
    const got = await (await loaded).forward({ ...asked, output_hidden_states: true, output_attentions: true });
    const states = got.hidden_states ?? [];
    const last_hidden_state = states[states.length - 1];
    const layers = { ...numbered('hidden_states', states), ...numbered('attentions', got.attentions) };
    return { values: { logits: got.logits, last_hidden_state, ...layers }, real: () => asked.attention_mask };
  };

  comparePasses(folder, tally, {
    plain: () => full({ input_ids: inputs.ids }),
    left: () => full({ input_ids: inputs.left_ids, attention_mask: inputs.left_mask }),
    right: () => full({ input_ids: inputs.right_ids, attention_mask: inputs.right_mask }),
    embeds: async () => full({ inputs_embeds: await inputEmbeds(folder, (await loaded).backend) }),
    loss: async () => {
      const { loss } = await (await loaded).forward({ input_ids: inputs.ids, labels: inputs.labels });
      return { values: { plain: loss } };
    },
    cached: async () => {
      const { left_ids: ids, left_mask: mask, prefill } = inputs;
      const T = ids[0].length;
      const logits = await inPieces(await loaded, [prefill, ...new Array(T - prefill).fill(1)], ids, mask);
      const real = mask.map((row) => row.slice(prefill - 1));
      return { values: { logits: slice(logits, 1, prefill - 1, T) }, real: () => real };
    },
    chunked: async () => ({ values: { logits: await inPieces(await loaded, inputs.chunks, inputs.ids) } }),
  });
}

/** Logits of all columns, read piece by piece behind one cache. */
async function inPieces(model: GPT2LMHeadModel, sizes: number[], ids: number[][], mask?: number[][]): Promise<Tensor> {
  const past_key_values = new KVCache(model.config.nLayers);
  const pieces: Tensor[] = [];
  for (const size of sizes) {
    const from = past_key_values.length;
    const { logits } = await model.forward({
      input_ids: ids.map((row) => row.slice(from, from + size)),
      attention_mask: mask?.map((row) => row.slice(0, from + size)),
      past_key_values,
    });
    pieces.push(logits);
  }
  return concat(pieces, 1);
}
