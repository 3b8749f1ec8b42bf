/**
 * Writes a model of a public shape with random weights: `node bench/random-model.mjs gpt2 DIR [ONNX]`.
 * Speed and memory do not depend on the weights; what such a model writes means nothing. Tensors that an ONNX file holds
 * under their names are taken from there, so that a peer can be asked for the same.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveSafetensors } from '../dist/index.node.js';
import { onnxWeights } from './onnx-weights.mjs';
import { shapes, tensorsOf } from './shapes.mjs';
import { uniform } from './uniform.mjs';

const [name, folder, onnx] = process.argv.slice(2);
if (!(name in shapes) || folder === undefined) {
  console.error(`usage: node bench/random-model.mjs ${Object.keys(shapes).join('|')} DIR [ONNX]`);
  process.exit(2);
}

/** Norm gains are 1, biases 0; matrices keep the size of what passes through them. */
function values(tensor, shape, seed) {
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(size).fill(tensor.endsWith('bias') ? 0 : 1);
  return uniform(size, /wte|shared|wpe/.test(tensor) ? 0.02 : 1 / Math.sqrt(Math.max(...shape)), seed);
}

/** Floats of a tensor in an ONNX file, which begins anywhere. */
const floats = (weight) => weight && new Float32Array(Uint8Array.from(weight.bytes).buffer);

const config = shapes[name];
const given = onnx === undefined ? new Map() : onnxWeights(readFileSync(onnx));
mkdirSync(folder, { recursive: true });
const tensors = Object.entries(tensorsOf(config)).map(([tensor, shape], seed) => ({
  name: tensor,
  dtype: 'F32',
  shape,
  data: () => floats(given.get(`transformer.${tensor}`)) ?? values(tensor, shape, seed),
}));
await saveSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
