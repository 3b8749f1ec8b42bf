/** Milliseconds from the call to each token of one answer: `node bench/curve.mjs JSON` prints one JSON line. */
import { AutoModel } from '../dist/index.node.js';
import { ids } from './measure.mjs';

const { folder, backend, dtype, threads, prompt, written, vocab } = JSON.parse(process.argv[2]);
const model = await AutoModel.from_pretrained(folder, { backend, dtype, threads });
const input_ids = [ids(prompt, vocab)];

async function write(count) {
  const ms = [];
  const began = performance.now();
  const options = { max_new_tokens: count, eos_token_id: null, pad_token_id: 0 };
  for await (const _ of model.stream({ input_ids, ...options })) ms.push(performance.now() - began);
  return ms;
}

await write(8); // compiles what is compiled when it is hot
console.log(JSON.stringify({ ms: await write(written) }));
model.dispose();
