/** llama.cpp through node-llama-cpp, on the CPU, from the file that gguf/write.mjs writes. */
import { getLlama } from 'node-llama-cpp';

const CONTEXT = 1024;

export async function open({ folder, threads }) {
  const llama = await getLlama({ build: 'never', gpu: false, logLevel: 'error', maxThreads: threads });
  const model = await llama.loadModel({ modelPath: folder });
  const opened = new Map();

  /** `rows` sequences; contexts are kept, since making one is no part of writing. */
  async function sequences(rows) {
    if (!opened.has(rows)) {
      const context = await model.createContext({ contextSize: rows === 1 ? CONTEXT : 128, sequences: rows, threads });
      opened.set(
        rows,
        Array.from({ length: rows }, () => context.getSequence()),
      );
    }
    return opened.get(rows);
  }

  async function write(sequence, prompt, count) {
    const ids = [];
    await sequence.clearHistory();
    for await (const id of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
      ids.push(id);
      if (ids.length === count) break;
    }
    return ids;
  }

  return {
    async generate(rows, count) {
      const own = await sequences(rows.length);
      return Promise.all(rows.map((row, i) => write(own[i], row, count)));
    },
  };
}
