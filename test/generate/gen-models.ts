/** The models behind the generation goldens, each as a function that writes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../../src/generate/generate.ts';
import { resolveOptions } from '../../src/generate/options.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { LlmToSlm } from '../../src/pretrained/llm-to-slm.ts';
import { modelTypeOf } from '../../src/pretrained/load.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import type { Write } from './gen-case.ts';

/** Loads the model of a folder and gives what writes with it. */
export async function writerOf(folder: string): Promise<Write> {
  if (existsSync(join(folder, 'hybrid.json'))) return byHybrid(await LlmToSlm.from_pretrained(folder));
  const type = modelTypeOf(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
  return type === 't5'
    ? byT5(await T5ForConditionalGeneration.from_pretrained(folder))
    : byGpt2(await GPT2LMHeadModel.from_pretrained(folder));
}

const byGpt2 =
  (model: GPT2LMHeadModel): Write =>
  async (inputs, options) => {
    const resolved = resolveOptions(options, model.generationConfigs.file);
    const { session, ids } = await model.open(inputs);
    return generate(session, { ids, attention_mask: inputs.attention_mask }, resolved);
  };

const byT5 =
  (model: T5ForConditionalGeneration): Write =>
  async (inputs, options) => {
    const resolved = resolveOptions(options, model.generationConfigs.file);
    const start = resolved.decoder_start_token_id ?? model.config.decoderStartId;
    const { session, rows } = await model.open(inputs, start);
    return generate(session, { ids: Array.from({ length: rows }, () => [start]) }, resolved);
  };

const byHybrid =
  (model: LlmToSlm): Write =>
  async (inputs, options) => {
    const resolved = resolveOptions(options, model.generationConfigs.file);
    const { session, rows, columns } = await model.open(inputs);
    if (model.slm instanceof GPT2LMHeadModel) {
      return generate(session, { ids: Array.from({ length: rows }, () => []), embedded: columns }, resolved);
    }
    const start = model.slm.config.decoderStartId;
    return generate(session, { ids: Array.from({ length: rows }, () => [start]) }, resolved);
  };
