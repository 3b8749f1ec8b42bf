import type { ModelFiles } from '../hub/files.ts';
import type { Where } from '../hub/open-files.ts';
import { GPT2LMHeadModel } from './gpt2-lm-head-model.ts';
import { LlmToSlm } from './llm-to-slm.ts';
import { isEncoder, type LoadOptions, loadFrom, modelTypeOf, openTensors } from './load.ts';
import type { Placement } from './placement.ts';
import { T5EncoderModel } from './t5-encoder-model.ts';
import { T5ForConditionalGeneration } from './t5-for-conditional-generation.ts';

export type AnyModel = GPT2LMHeadModel | T5ForConditionalGeneration | T5EncoderModel | LlmToSlm;

/** The model of a folder, whichever it is: a hybrid by `hybrid.json`, else by `model_type` of `config.json`. */
export const AutoModel = {
  from_pretrained: (where: Where, options: LoadOptions = {}): Promise<AnyModel> => loadFrom(where, options, loadAny),
};

/** The same from files that are open. A T5 without a decoder in its file is an encoder. */
export async function loadAny(files: ModelFiles, placement: Placement): Promise<AnyModel> {
  if (await files.has('hybrid.json')) return LlmToSlm.load(files, placement);
  if (modelTypeOf(await files.json('config.json'), `config.json of ${files.name}`) === 'gpt2') {
    return GPT2LMHeadModel.load(files, placement);
  }
  const weights = await openTensors(files);
  await weights.close();
  const Model = isEncoder(weights.tensors.keys()) ? T5EncoderModel : T5ForConditionalGeneration;
  return Model.load(files, placement);
}
