/**
 * Writes a model of a public shape with random weights: `node bench/random-model.mjs gpt2 DIR`.
 * Speed and memory do not depend on the weights; what such a model writes means nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveSafetensors } from '../dist/index.node.js';
import { shapes, tensorsOf } from './shapes.mjs';

const [name, folder] = process.argv.slice(2);
if (!(name in shapes) || folder === undefined) {
  console.error(`usage: node bench/random-model.mjs ${Object.keys(shapes).join('|')} DIR`);
  process.exit(2);
}

/** Uniform numbers of standard deviation `scale`, the same for the same seed. */
function uniform(size, scale, seed) {
  const data = new Float32Array(size);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state / 2 ** 31 - 1) * Math.sqrt(3) * scale;
  }
  return data;
}

/** Norm gains are 1, biases 0; matrices keep the size of what passes through them. */
function values(tensor, shape, seed) {
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(size).fill(tensor.endsWith('bias') ? 0 : 1);
  return uniform(size, /wte|shared|wpe/.test(tensor) ? 0.02 : 1 / Math.sqrt(Math.max(...shape)), seed);
}

const config = shapes[name];
mkdirSync(folder, { recursive: true });
const tensors = Object.entries(tensorsOf(config)).map(([tensor, shape], seed) => ({
  name: tensor,
  dtype: 'F32',
  shape,
  data: () => values(tensor, shape, seed),
}));
await saveSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
