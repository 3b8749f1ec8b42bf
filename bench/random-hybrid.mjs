/** Writes a hybrid of two models with a random projector: `node bench/random-hybrid.mjs LLM SLM DIR`, three folders. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { saveSafetensors } from '../dist/index.node.js';
import { uniform } from './uniform.mjs';

const [llm, slm, folder] = process.argv.slice(2);
const configOf = (model) => JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'));
const { d_model: dLlm } = configOf(llm);
const { model_type, n_embd, d_model } = configOf(slm);
const dSlm = n_embd ?? d_model;

const dense = (name, out, from) => [
  { name: `${name}.weight`, dtype: 'F32', shape: [out, from], data: uniform(out * from, from ** -0.5, out + from) },
  { name: `${name}.bias`, dtype: 'F32', shape: [out], data: new Float32Array(out) },
];
const tensors = [
  ...dense('projector.0', dSlm, dLlm),
  ...dense('projector.2', dSlm, dSlm),
  ...(model_type === 'gpt2' ? dense('prompt_embedding', dSlm, dLlm) : []), // T5 has a table of its own for the prompt
];
const here = (model) => relative(folder, model).split(sep).join('/');
mkdirSync(folder, { recursive: true });
await saveSafetensors(join(folder, 'projector.safetensors'), tensors, { format: 'pt' });
const config = { format: 'llm-to-slm', version: 1, llm: here(llm), slm: here(slm), fusion: 'add' };
writeFileSync(join(folder, 'hybrid.json'), `${JSON.stringify(config, null, 2)}\n`);
