/** onnxruntime-node: native code, threads of its own. */
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { filesOf, loopOver } from '../ort-loop.mjs';

export async function open({ model, dtype, threads, folder }) {
  const sessions = {};
  for (const [part, file] of Object.entries(filesOf(model, dtype))) {
    sessions[part] = await ort.InferenceSession.create(join(folder, 'onnx', file), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
  }
  return loopOver(ort, sessions, model);
}
