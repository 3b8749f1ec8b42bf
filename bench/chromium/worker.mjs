/** Runs one row in a page's worker and posts what was measured, or the error. */
import { measure } from '../measure.mjs';
import { openOurs } from '../ours.mjs';
import { filesOf, loopOver } from '../peers/ort-loop.mjs';

self.onmessage = async ({ data: row }) => {
  try {
    const open = await openers[row.engine]();
    const began = performance.now();
    const engine = await open(row);
    const load_ms = performance.now() - began;
    const { figures, ...rest } = await measure(engine, row);
    self.postMessage({ info: engine.info, figures: { load_ms: Math.round(load_ms), ...figures }, ...rest });
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};

/** Each imports its library, which is no part of loading. */
const openers = {
  async batonlm() {
    const library = await import('../../dist/batonlm.min.js');
    return (row) => openOurs(library, new URL('/model', location.origin).href, row);
  },

  async 'ort-web'() {
    const dist = '/bench/node_modules/onnxruntime-web/dist/';
    const ort = await import(`${dist}ort.wasm.min.mjs`);
    ort.env.wasm.wasmPaths = dist;
    return async ({ model, dtype, threads }) => {
      ort.env.wasm.numThreads = threads;
      const sessions = {};
      for (const [part, file] of Object.entries(filesOf(model, dtype))) {
        const response = await fetch(`/model/onnx/${file}`);
        const bytes = new Uint8Array(await response.arrayBuffer());
        sessions[part] = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
      }
      return loopOver(ort, sessions, model);
    };
  },
};
