/**
 * The models that are measured, made once and kept:
 *
 *   bench/cache/models/NAME        what batonlm loads, with random weights; LLM+SLM is the hybrid of two
 *   bench/cache/DTYPE/NAME         the same as `baton convert --dtype DTYPE` stores it
 *   bench/cache/peers/NAME         what the peers on ONNX Runtime load: graphs of ../shared/bench, filled with random weights
 *   bench/cache/ct2/NAME-DTYPE     the first as CTranslate2 loads it
 *   bench/cache/gguf/NAME.FORMAT   the first as llama.cpp loads it
 *
 * GPT-2 in f32 is the same model everywhere, number by number: its weights are taken out of the ONNX file. T5's graphs hold
 * anonymous matrices, so there only the shapes are the same; speed does not depend on the numbers.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python } from './peers/python.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const shared = here('../../shared/bench');
const run = (command, ...args) => execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
const node = (...args) => run(process.execPath, ...args);

/** The model as batonlm loads it; a folder in the repository is one already. */
export function modelFolder(name) {
  const trained = here(`../weights/${name}`);
  if (existsSync(trained)) return trained;
  const folder = here(`cache/models/${name}`);
  if (name.includes('+')) {
    const [llm, slm] = name.split('+').map(modelFolder);
    if (!existsSync(join(folder, 'hybrid.json'))) node(here('random-hybrid.mjs'), llm, slm, folder);
  } else if (!existsSync(join(folder, 'config.json'))) {
    const peers = name === 'gpt2' ? peersFolder(name) : undefined;
    node(here('random-model.mjs'), name, folder, ...(peers ? [join(peers, 'onnx/model.onnx')] : []));
  }
  return folder;
}

/** The model as the command stores it in another dtype. */
export function storedFolder(name, dtype) {
  const folder = here(`cache/${dtype}/${name}`);
  mkdirSync(dirname(folder), { recursive: true });
  if (!existsSync(join(folder, 'config.json'))) {
    node(here('../dist/cli/baton.js'), 'convert', modelFolder(name), folder, '--dtype', dtype);
  }
  return folder;
}

/** The model as the peers load it; undefined where its graphs are not there. */
export function peersFolder(name) {
  const graphs = join(shared, 'graphs');
  const own = existsSync(graphs) ? readdirSync(graphs).filter((file) => file.startsWith(`${name}-`)) : [];
  if (own.length === 0) return undefined;
  const folder = here(`cache/peers/${name}`);
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const file of own) {
    const onnx = join(folder, 'onnx', basename(file, '.gz').slice(name.length + 1));
    if (existsSync(onnx)) continue;
    node(join(shared, 'materialize.mjs'), join(graphs, file), `${onnx}.part`);
    if (basename(onnx) === 'model.onnx') node(here('tie-head.mjs'), `${onnx}.part`);
    renameSync(`${onnx}.part`, onnx);
  }
  for (const file of ['config.json', 'generation_config.json']) {
    writeFileSync(join(folder, file), readFileSync(join(shared, 'tokenizers', name, file)));
  }
  return folder;
}

/** What the engine of this row loads; undefined where there is no such model for it. */
export function folderFor(name, { engine, dtype, format, stored }) {
  if (engine === 'batonlm') return stored ? storedFolder(name, dtype) : modelFolder(name);
  if (engine === 'hf') return modelFolder(name);
  if (engine === 'ct2') return ct2Folder(name, dtype);
  if (engine === 'llama') return ggufFile(name, format ?? dtype);
  return peersFolder(name);
}

function ct2Folder(name, dtype) {
  const folder = here(`cache/ct2/${name}-${dtype}`);
  if (!existsSync(join(folder, 'model.bin'))) {
    run(python, here('peers/ct2/convert.py'), modelFolder(name), folder, dtype === 'f32' ? 'float32' : dtype);
  }
  return folder;
}

/** llama.cpp's file; node-llama-cpp runs no encoder with a decoder. */
function ggufFile(name, format) {
  if (name !== 'gpt2') return undefined;
  const file = here(`cache/gguf/${name}.${format}`);
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) {
    node(here('gguf/write.mjs'), modelFolder(name), `${file}.part`, format);
    renameSync(`${file}.part`, file);
  }
  return file;
}
