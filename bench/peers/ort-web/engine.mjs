/** onnxruntime-web in Node: its WebAssembly build, from the files as they lie on the disk. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { filesOf, loopOver } from '../ort-loop.mjs';

export async function open({ model, dtype, threads, folder }) {
  ort.env.wasm.numThreads = threads;
  const sessions = {};
  for (const [part, file] of Object.entries(filesOf(model, dtype))) {
    const bytes = await readFile(join(folder, 'onnx', file));
    sessions[part] = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  }
  return loopOver(ort, sessions, model);
}
