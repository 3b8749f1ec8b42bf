/**
 * The encoder of a large T5, read layer by layer: peak of resident memory, and time per layer, for one short prompt.
 *
 *   node bench/stream.mjs DIR [t5-3b|t5-11b|t5-xxl] [f32|f16|bf16] [tokens]        one JSON line
 *
 * Writes random BF16 weights into DIR where there are none: 2.4 GB for t5-3b, 9.7 GB for t5-11b, 9.5 GB for t5-xxl.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveSafetensors, T5EncoderModel } from '../dist/index.node.js';
import { shapes, tensorsOf } from './shapes.mjs';

const [folder, name = 't5-3b', dtype = 'f32', tokens = '8', task] = process.argv.slice(2);
const config = shapes[name];
if (folder === undefined || config?.model_type !== 't5') {
  console.error('usage: node bench/stream.mjs DIR [t5-3b|t5-11b|t5-xxl] [f32|f16|bf16] [tokens]');
  process.exit(2);
}
const file = join(folder, 'model.safetensors');
if (task === 'write') await write();
else await measure();

async function measure() {
  // In a process of its own: what writing needs is not to be measured.
  if (!existsSync(file))
    execFileSync(process.execPath, [fileURLToPath(import.meta.url), folder, name, dtype, tokens, 'write']);
  const model = await T5EncoderModel.from_pretrained(folder, { stream_encoder: true, dtype });
  const ends = [performance.now()];
  const observer = {
    tap(tap) {
      if (tap.endsWith('resid_post')) ends.push(performance.now());
    },
    wants: () => false,
  };
  const input_ids = [Array.from({ length: Number(tokens) }, (_, i) => 100 + 37 * i)];
  const { last_hidden_state: hidden } = await model.forward({ input_ids, observer });
  const layers = ends.slice(1).map((end, i) => end - ends[i]);
  const finite = (await hidden.readFloats()).every(Number.isFinite);
  model.dispose();
  console.log(
    JSON.stringify({
      model: name,
      dtype,
      node: process.version,
      file_mb: Math.round(statSync(file).size / 1e6),
      tokens: Number(tokens),
      finite,
      peak_mb: Math.round((process.resourceUsage().maxRSS * 1024) / 1e6),
      ms_per_layer: Math.round(layers.sort((a, b) => a - b)[layers.length >> 1]),
      total_ms: Math.round(ends.at(-1) - ends[0]),
    }),
  );
}

async function write() {
  mkdirSync(folder, { recursive: true });
  const encoder = Object.entries(tensorsOf(config)).filter(([tensor]) => !/^(decoder|lm_head)\./.test(tensor));
  const tensors = encoder.map(([tensor, shape]) => ({ name: tensor, dtype: 'BF16', shape, data: () => values(shape) }));
  await saveSafetensors(file, tensors, { format: 'pt' });
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/** Norm gains are 1; all else is ±2⁻⁷ to ±2⁻⁶, so that what passes through 24 layers stays small. */
function values(shape) {
  const bits = new Uint16Array(shape.reduce((a, b) => a * b, 1));
  if (shape.length === 1) return bits.fill(0x3f80);
  let state = bits.length >>> 0;
  for (let i = 0; i < bits.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bits[i] = 0x3c00 | ((state >>> 25) & 0x7f) | ((state >>> 16) & 0x8000);
  }
  return bits;
}
