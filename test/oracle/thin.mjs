/**
 * Copies a selection of the goldens into test/goldens, so that a fresh clone checks every kind of them and every variant
 * of a file: `node test/oracle/thin.mjs ../shared/goldens`.
 *
 * Models and their inputs are copied as they are: random numbers made for these goldens. Of the tensors those are kept
 * that `keep` names: all of one case a model family, else what every other tensor flows into. Left out: texts that
 * somebody wrote (tokenizers, gpt2-text, metrics), what waits for its feature (train, assistants), and cases that differ
 * from a kept one in size or in their files alone: test/pretrained/variants.test.ts makes such files of the kept ones.
 * buckets, processors and safetensors came here with their own tests.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const all = /./;
const gpt2 = /^(plain|left|cached)\/logits$|^loss\//;
const t5 = /^encoder\/(plain|left)\/last|^decoder\/(plain|right|cached)\/logits$|^loss\//;
const encoder = /^encoder\/(plain|left|position_bias)/;
const beams = /^(greedy|beam2-lp0.0-true)\//;
const greedy = /^greedy\//;

const selection = {
  'gpt2/basic': all,
  'gpt2/no-prefix': gpt2,
  'gpt2/bf16': gpt2,
  'gpt2/f16': gpt2,
  'gpt2/untied': gpt2,
  't5/v11': all,
  't5/v11-tied-no-scale': t5,
  't5/v10-old-style': t5,
  't5/encoder-only': encoder,
  'hybrid/gpt2-add': all,
  'hybrid/t5-add': all,
  'gen/gpt2': beams,
  'gen/t5': greedy,
  'gen/hybrid-gpt2': greedy,
  'gen/hybrid-t5': greedy,
};

const from = process.argv[2];
if (from === undefined) throw new Error('usage: node test/oracle/thin.mjs GOLDENS');
const to = new URL('../goldens/', import.meta.url).pathname;

for (const [name, keep] of Object.entries(selection)) {
  const [source, target] = [join(from, name), join(to, name)];
  rmSync(target, { recursive: true, force: true });
  copyModel(source, target);
  const golden = JSON.parse(readFileSync(join(source, 'golden.json'), 'utf8'));
  golden.tensors = Object.fromEntries(Object.entries(golden.tensors).filter(([tensor]) => kept(tensor, keep)));
  for (const one of golden.cases ?? []) {
    for (const kind of ['scores', 'logits']) if (one[kind] !== undefined && !kept(one[kind], keep)) delete one[kind];
  }
  writeFileSync(join(target, 'golden.json'), JSON.stringify(golden));
  writeFileSync(join(target, 'golden.safetensors'), filtered(readFileSync(join(source, 'golden.safetensors')), keep));
}

function copyModel(source, target) {
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(source)) {
    if (/^assistant$|^golden\./.test(entry)) continue;
    const [path, copy] = [join(source, entry), join(target, entry)];
    if (statSync(path).isDirectory()) copyModel(path, copy);
    else writeFileSync(copy, readFileSync(path));
  }
}

function kept(tensor, keep) {
  return tensor.startsWith('input/') ? keep === all : keep.test(tensor);
}

/** The same file with fewer tensors. */
function filtered(file, keep) {
  const length = Number(file.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(file.subarray(8, 8 + length).toString());
  const header = { ...(__metadata__ && { __metadata__ }) };
  const parts = [];
  let end = 0;
  for (const [name, info] of Object.entries(tensors)) {
    if (!kept(name, keep)) continue;
    const [a, b] = info.data_offsets;
    header[name] = { ...info, data_offsets: [end, end + b - a] };
    parts.push(file.subarray(8 + length + a, 8 + length + b));
    end += b - a;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([size, padded, ...parts]);
}
