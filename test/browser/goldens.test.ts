/** Tiny models fetched by a page through the built bundle, against the numbers and ids of Hugging Face. */
import { describe, expect, it } from 'vitest';
import { expectClose } from '../close.ts';
import { engine } from './engine.ts';

const { GPT2LMHeadModel, LlmToSlm, T5ForConditionalGeneration, openSafetensors } = engine;

/** The reference backend is this close to float64, in units of the spread of the logits. */
const closeness = 1e-5;

/** A golden case: its folder as an address, what its JSON says, and its tensors by name. */
async function golden<Told>(name: string) {
  const folder = new URL(`/test/goldens/${name}/`, location.href);
  const told: Told = await (await fetch(new URL('golden.json', folder))).json();
  const numbers = async (tensor: string) => {
    const file = await openSafetensors(new URL('golden.safetensors', folder));
    const bytes = await file.read(tensor);
    return new Float32Array(bytes.slice().buffer);
  };
  return { folder, told, numbers };
}

interface Generation {
  readonly cases: {
    readonly name: string;
    readonly input_ids: number[][];
    readonly attention_mask: number[][];
    readonly options: Record<string, unknown>;
    readonly sequences: number[][];
  }[];
}

describe('models in a page', () => {
  it('GPT-2 gives the logits of Hugging Face', async () => {
    const { folder, told, numbers } = await golden<{ inputs: { ids: number[][] }; logits_std: number }>('gpt2/basic');
    const model = await GPT2LMHeadModel.from_pretrained(folder);
    const { logits } = await model.forward({ input_ids: told.inputs.ids });
    expectClose(await logits.readFloats(), await numbers('plain/logits'), closeness * told.logits_std);
  });

  it('T5 gives the logits of Hugging Face', async () => {
    interface Told {
      readonly inputs: { readonly plain_ids: number[][]; readonly decoder_ids: number[][] };
      readonly logits_std: number;
    }
    const { folder, told, numbers } = await golden<Told>('t5/v11');
    const model = await T5ForConditionalGeneration.from_pretrained(folder);
    const { logits } = await model.forward({
      input_ids: told.inputs.plain_ids,
      decoder_input_ids: told.inputs.decoder_ids,
    });
    expectClose(await logits.readFloats(), await numbers('decoder/plain/logits'), closeness * told.logits_std);
  });

  it('the hybrid generates the ids of Hugging Face, greedily and with beams', async () => {
    const { folder, told } = await golden<Generation>('gen/hybrid-gpt2');
    const model = await LlmToSlm.from_pretrained(folder);
    for (const name of ['greedy', 'beam']) {
      const found = told.cases.find((each) => each.name.startsWith(name));
      if (found === undefined) throw new Error(`no case of ${folder} begins with ${name}`);
      const { input_ids, attention_mask, options, sequences } = found;
      expect((await model.generate({ input_ids, attention_mask, ...options })).sequences).toEqual(sequences);
    }
  });
});
