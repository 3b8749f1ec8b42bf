/** Kinds `hybrid-gpt2` and `hybrid-t5`: what is handed over, and the logits and loss of a response. */

import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { keep } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { readGolden } from '../generate/goldens.ts';
import { placed } from '../placed.ts';
import type { Tally } from './compare.ts';
import { comparePasses, type Pass } from './passes.ts';
import type { GoldenFolder } from './walk.ts';

interface Rows {
  readonly ids: number[][];
  readonly mask: number[][];
  readonly response: number[][];
  readonly response_mask: number[][];
}

type Inputs = Rows & { readonly [K in keyof Rows as `padded_${K}`]: Rows[K] };

export function hybrid(folder: GoldenFolder, tally: Tally): void {
  const { inputs } = readGolden<{ inputs: Inputs }>(folder.path);
  const loaded = LlmToSlm.from_pretrained(folder.path, placed);
  const padded: Rows = {
    ids: inputs.padded_ids,
    mask: inputs.padded_mask,
    response: inputs.padded_response,
    response_mask: inputs.padded_response_mask,
  };
  comparePasses(folder, tally, {
    plain: async () => run(await loaded, inputs),
    padded: async () => run(await loaded, padded),
  });
}

async function run(model: LlmToSlm, { ids, mask, response, response_mask }: Rows): Promise<Pass> {
  const prompt = { input_ids: ids, attention_mask: mask };
  let tokens: Tensor | undefined;
  const observer = {
    tap(name: string, value: Tensor): undefined {
      if (name === 'fuse.tokens') tokens = keep(value);
    },
  };
  const baton = await model.encode({ ...prompt, observer });
  const { hidden, projected } = await model.encode({ ...prompt, fusion: 'add' }); // the golden has them with 'none', too
  const labels = response.map((row, b) => row.map((id, u) => (response_mask[b][u] === 1 ? id : -100)));
  const { logits, loss } = await model.forward({ baton, labels });
  return {
    values: { logits, loss, X_in: baton.prompt, H: hidden, Z: projected, E_X: tokens },
    real: (name) => (name === 'loss' ? undefined : name === 'logits' ? response_mask : mask),
  };
}
