/** Kinds `t5` and `t5-encoder`: the encoder padded on either side, the decoder whole and token by token, biases, loss. */

import { expect, it } from 'vitest';
import { T5Cache } from '../../src/generate/t5-cache.ts';
import { concat } from '../../src/kernels/concat.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { T5ForConditionalGeneration, type T5Inputs } from '../../src/pretrained/t5-for-conditional-generation.ts';
import { keep } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { readGolden } from '../generate/goldens.ts';
import { placed } from '../placed.ts';
import type { Tally } from './compare.ts';
import { inputEmbeds } from './embeds.ts';
import { comparePasses, numbered, type Pass, type Passes } from './passes.ts';
import type { GoldenFolder } from './walk.ts';

interface Inputs {
  readonly plain_ids: number[][];
  readonly right_ids: number[][];
  readonly right_mask: number[][];
  readonly left_ids: number[][];
  readonly left_mask: number[][];
  readonly decoder_ids: number[][];
  readonly decoder_mask: number[][];
  readonly labels: number[][];
}

interface T5Golden {
  readonly inputs: Inputs;
  readonly labels_shifted_right: number[][];
  readonly scale_decoder_outputs: boolean;
  readonly lm_head_tied: boolean;
}

export function t5Encoder(folder: GoldenFolder, tally: Tally): void {
  comparePasses(folder, tally, encoderPasses(folder));
}

export function t5(folder: GoldenFolder, tally: Tally): void {
  const { inputs, ...golden } = readGolden<T5Golden>(folder.path);
  const loaded = T5ForConditionalGeneration.from_pretrained(folder.path, placed);
  const { decoder_ids: decoder_input_ids, decoder_mask: decoder_attention_mask } = inputs;
  const right = { input_ids: inputs.right_ids, attention_mask: inputs.right_mask };
  const left = { input_ids: inputs.left_ids, attention_mask: inputs.left_mask };
  const full = async (asked: T5Inputs): Promise<Pass> => {
    const got = await (await loaded).forward({ ...asked, output_hidden_states: true, output_attentions: true });
    const states = numbered('hidden_states', got.decoder_hidden_states);
    const attentions = numbered('attentions', got.decoder_attentions);
    const cross = numbered('cross_attentions', got.cross_attentions);
    return { values: { logits: got.logits, ...states, ...attentions, ...cross } };
  };

  comparePasses(folder, tally, {
    ...encoderPasses(folder),
    decoder: async () => {
      const asked = { input_ids: inputs.plain_ids, decoder_input_ids };
      return { values: await tapped('decoder', (observer) => loaded.then((m) => m.forward({ ...asked, observer }))) };
    },
    'decoder/plain': () => full({ input_ids: inputs.plain_ids, decoder_input_ids }),
    'decoder/right': () => full({ ...right, decoder_input_ids }),
    'decoder/left': () => full({ ...left, decoder_input_ids }),
    'decoder/right_masked': async () => {
      const pass = await full({ ...right, decoder_input_ids, decoder_attention_mask });
      return { ...pass, real: () => inputs.decoder_mask };
    },
    'decoder/embeds': async () => {
      const inputs_embeds = await inputEmbeds(folder, (await loaded).backend);
      return full({ inputs_embeds, decoder_input_ids: decoder_input_ids.slice(0, inputs_embeds.shape[0]) });
    },
    'decoder/cached': async () => ({ values: { logits: await tokenByToken(await loaded, right, decoder_input_ids) } }),
    loss: async () => {
      const { loss } = await (await loaded).forward({ ...right, labels: inputs.labels });
      return { values: { right: loss } };
    },
  });

  it('config and file mean what the oracle made of them', async () => {
    const { weights, config } = await loaded;
    expect(weights.unembed === weights.tokenEmbedding).toBe(golden.lm_head_tied);
    expect(weights.unembedScale).toBe(golden.scale_decoder_outputs ? config.dModel ** -0.5 : 1);
  });

  it('labels shifted right are what the decoder reads', async () => {
    const model = await loaded;
    const byLabels = await model.forward({ ...right, labels: inputs.labels });
    const byIds = await model.forward({ ...right, decoder_input_ids: golden.labels_shifted_right });
    expect(await byLabels.logits.read()).toEqual(await byIds.logits.read());
  });
}

function encoderPasses(folder: GoldenFolder): Passes {
  const { inputs } = readGolden<T5Golden>(folder.path);
  const loaded = T5EncoderModel.from_pretrained(folder.path, placed);
  const full = async (input_ids: number[][] | undefined, mask?: number[][], inputs_embeds?: Tensor): Promise<Pass> => {
    const asked = { input_ids, inputs_embeds, attention_mask: mask };
    const got = await (await loaded).forward({ ...asked, output_hidden_states: true, output_attentions: true });
    const layers = { ...numbered('hidden_states', got.hidden_states), ...numbered('attentions', got.attentions) };
    return { values: { last_hidden_state: got.last_hidden_state, ...layers }, real: () => mask };
  };
  return {
    encoder: async () => {
      const asked = { input_ids: inputs.plain_ids };
      return { values: await tapped('encoder', (observer) => loaded.then((m) => m.forward({ ...asked, observer }))) };
    },
    'encoder/plain': () => full(inputs.plain_ids),
    'encoder/right': () => full(inputs.right_ids, inputs.right_mask),
    'encoder/left': () => full(inputs.left_ids, inputs.left_mask),
    'encoder/embeds': async () => full(undefined, undefined, await inputEmbeds(folder, (await loaded).backend)),
  };
}

/** The position bias that the first layer of a stack adds. */
async function tapped(
  stack: 'encoder' | 'decoder',
  run: (observer: { tap(name: string, value: Tensor): undefined }) => Promise<unknown>,
): Promise<{ position_bias: Tensor }> {
  let bias: Tensor | undefined;
  await run({
    tap(name, value) {
      if (name === `${stack}.blocks.0.attn.bias`) bias = keep(value);
      return undefined;
    },
  });
  if (bias === undefined) throw new Error(`${stack}.blocks.0.attn.bias did not fire`);
  return { position_bias: bias };
}

/** Logits of all columns, the decoder's tokens read one by one. */
async function tokenByToken(
  model: T5ForConditionalGeneration,
  prompt: Pick<T5Inputs, 'input_ids' | 'attention_mask'>,
  ids: number[][],
): Promise<Tensor> {
  const { output } = await model.encode(prompt);
  const past_key_values = new T5Cache(model.config.nDecoderLayers, ids.length);
  const pieces: Tensor[] = [];
  for (const t of ids[0].keys()) {
    const decoder_input_ids = ids.map((row) => [row[t]]);
    const { attention_mask } = prompt;
    const asked = { encoder_outputs: output, attention_mask, decoder_input_ids, past_key_values };
    pieces.push((await model.forward(asked)).logits);
  }
  return concat(pieces, 1);
}
