/** The models behind the generation goldens, each as a function that writes. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { modelTypeOf } from '../../src/pretrained/load.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import { placed } from '../placed.ts';
import type { Write } from './gen-case.ts';

/** Loads the model of a folder and gives what writes with it. */
export async function writerOf(folder: string): Promise<Write> {
  const model = await modelOf(folder);
  return (inputs, options) => model.generate({ ...inputs, ...options });
}

async function modelOf(folder: string): Promise<LlmToSlm | T5ForConditionalGeneration | GPT2LMHeadModel> {
  if (existsSync(join(folder, 'hybrid.json'))) return LlmToSlm.from_pretrained(folder, placed);
  const type = modelTypeOf(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
  return type === 't5'
    ? T5ForConditionalGeneration.from_pretrained(folder, placed)
    : GPT2LMHeadModel.from_pretrained(folder, placed);
}
