/**
 * Writes GPT-2 as llama.cpp loads it: `node bench/gguf/write.mjs FOLDER FILE f32|f16|q8_0`, from a folder with F32 weights.
 * Matrices are stored in the format, all else in F32. The vocabulary is made up: nothing here reads or writes text.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors } from '../../dist/index.node.js';
import { f32ToF16 } from '../../dist/tensor/half.js';
import { ALIGNMENT, fields, formatsWith, text, u32, u64 } from './format.mjs';

const [folder, path, wanted] = process.argv.slice(2);
const formats = formatsWith(f32ToF16);
const padding = (size) => Buffer.alloc((ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT);

const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
const file = await openSafetensors(join(folder, 'model.safetensors'));
let offset = 0;
const tensors = tensorNames(config).map(({ name, from, turned, exact }) => {
  const { shape } = file.tensors.get(from);
  const format = shape.length === 2 && !exact ? formats[wanted] : formats.f32;
  const inner = turned ? shape.toReversed() : shape; // [out, in]
  const info = Buffer.concat([
    text(name),
    u32(shape.length),
    ...inner.toReversed().map(u64),
    u32(format.type),
    u64(offset),
  ]);
  const bytes = (shape.reduce((a, b) => a * b, 1) / 32) * format.bytes;
  offset += bytes + padding(bytes).length;
  return { from, shape, turned, format, info };
});
const own = fields(config, formats[wanted].file);
const head = Buffer.concat([
  Buffer.from('GGUF'),
  u32(3),
  u64(tensors.length),
  u64(own.length),
  ...own,
  ...tensors.map(({ info }) => info),
]);
const out = openSync(path, 'w');
for (const part of [head, padding(head.length)]) writeSync(out, part);
for (const { from, shape, turned, format } of tensors) {
  const floats = await file.values(from);
  const bytes = format.write(turned ? transposed(floats, shape) : floats);
  for (const part of [bytes, padding(bytes.length)]) writeSync(out, part);
}
closeSync(out);
await file.close();

/** llama.cpp's name of each tensor, ours, and whether it is to be transposed to [out, in]. */
function tensorNames({ n_layer }) {
  const of = (theirs, ours, turned = false) => [
    { name: `${theirs}.weight`, from: `${ours}.weight`, turned },
    { name: `${theirs}.bias`, from: `${ours}.bias` },
  ];
  return [
    { name: 'token_embd.weight', from: 'wte.weight' },
    { name: 'position_embd.weight', from: 'wpe.weight', exact: true },
    ...of('output_norm', 'ln_f'),
    ...Array.from({ length: n_layer }, (_, i) => [
      ...of(`blk.${i}.attn_norm`, `h.${i}.ln_1`),
      ...of(`blk.${i}.ffn_norm`, `h.${i}.ln_2`),
      ...of(`blk.${i}.attn_qkv`, `h.${i}.attn.c_attn`, true),
      ...of(`blk.${i}.attn_output`, `h.${i}.attn.c_proj`, true),
      ...of(`blk.${i}.ffn_up`, `h.${i}.mlp.c_fc`, true),
      ...of(`blk.${i}.ffn_down`, `h.${i}.mlp.c_proj`, true),
    ]).flat(),
  ];
}

function transposed(floats, [rows, columns]) {
  const out = new Float32Array(floats.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = floats[r * columns + c];
  return out;
}
