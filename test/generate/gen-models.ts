/** The models behind the generation goldens, each as a function that writes. */
import { AutoModel } from '../../src/pretrained/auto-model.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { placed } from '../placed.ts';
import type { Write } from './gen-case.ts';

/** Loads the model of a folder and gives what writes with it. */
export async function writerOf(folder: string): Promise<Write> {
  const model = await AutoModel.from_pretrained(folder, placed);
  if (model instanceof T5EncoderModel) throw new Error(`the model in ${folder} does not write`);
  return (inputs, options) => model.generate({ ...inputs, ...options });
}
