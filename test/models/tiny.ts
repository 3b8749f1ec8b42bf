/** Whole models of tiny configs and random weights, made in memory. */
import { ReferenceBackend } from '../../src/kernels/reference-backend.ts';
import { createWasmBackend } from '../../src/kernels/wasm/create.ts';
import { loadBridge, readHybridConfig } from '../../src/models/bridge-weights.ts';
import { loadGpt2, readGpt2Config } from '../../src/models/gpt2-weights.ts';
import { loadT5, loadT5Encoder, readT5Config } from '../../src/models/t5-weights.ts';
import { GPT2LMHeadModel } from '../../src/pretrained/gpt2-lm-head-model.ts';
import { LlmToSlm, type SmallModel } from '../../src/pretrained/llm-to-slm.ts';
import type { Placement } from '../../src/pretrained/placement.ts';
import { residentEncoder } from '../../src/pretrained/prompt-encoder.ts';
import { T5EncoderModel } from '../../src/pretrained/t5-encoder-model.ts';
import { T5ForConditionalGeneration } from '../../src/pretrained/t5-for-conditional-generation.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { placed as placedAs } from '../placed.ts';
import { bridgeShapes, type Filling, gpt2Shapes, MemorySource, t5Shapes } from './checkpoint.ts';
import type { Gpt2Json, HybridJson, T5Json } from './configs.ts';

interface Making extends Filling {
  readonly backend?: Backend;
}

export async function tinyGpt2(json: Gpt2Json, { backend = fresh(), ...filling }: Making = {}) {
  const config = readGpt2Config(json);
  const { weights, tensors } = await loadGpt2(new MemorySource(gpt2Shapes(json), backend, filling), config);
  return new GPT2LMHeadModel(config, weights, tensors, placed(backend));
}

export async function tinyT5(json: T5Json, { backend = fresh(), ...filling }: Making = {}) {
  const config = readT5Config(json);
  const { weights, tensors } = await loadT5(new MemorySource(t5Shapes(json), backend, filling), config);
  return new T5ForConditionalGeneration(config, weights, tensors, placed(backend));
}

/** The encoder alone of what `tinyT5` makes. */
export async function tinyEncoder(json: T5Json, { backend = fresh(), ...filling }: Making = {}) {
  const config = readT5Config(json);
  const source = new MemorySource(t5Shapes(json), backend, filling);
  const { weights, tensors } = await loadT5Encoder(source, config);
  return new T5EncoderModel(config, residentEncoder(weights), tensors, placed(backend));
}

/** A hybrid; its weights depend on the seed alone, so that hybrids of different fusion are the same but for that. */
export async function tinyHybrid({ llm, slm, fusion, hidden }: HybridJson, making: Making = {}) {
  const { seed = 0, backend = fresh(), zero } = making;
  const encoder = await tinyEncoder(llm, { seed: seed + 1, backend });
  const small: SmallModel =
    slm.model_type === 'gpt2' ? await tinyGpt2(slm, { seed, backend }) : await tinyT5(slm, { seed, backend });
  const ownTable = slm.model_type === 't5';
  const sizes = { dLlm: llm.d_model, dSlm: small.config.dModel };
  const shapes = bridgeShapes(sizes.dLlm, sizes.dSlm, hidden, ownTable);
  const source = new MemorySource(shapes, backend, { seed, zero });
  const { weights: bridge, tensors } = await loadBridge(source, fusion, sizes, ownTable);
  return new LlmToSlm(readHybridConfig({ fusion }), { llm: encoder, slm: small, bridge }, tensors, placed(backend));
}

/** What the vitest project asks for: the properties of the models hold on every backend. */
const asked = placedAs.backend === 'wasm' ? await createWasmBackend() : placedAs.backend;
const fresh = () => (typeof asked === 'object' ? asked : new ReferenceBackend());

function placed(backend: Backend): Placement {
  return { backend, dtype: 'F32', ownsBackend: false };
}
