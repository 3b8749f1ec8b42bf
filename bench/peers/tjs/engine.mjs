/** transformers.js in Node, on the onnxruntime-node that it brings. */
import { dirname } from 'node:path';
import { AutoModelForCausalLM, AutoModelForSeq2SeqLM, env, Tensor } from '@huggingface/transformers';

const dtypes = { f32: 'fp32', int8: 'q8' };

export async function open({ model, dtype, threads, folder }) {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  const Model = model === 'gpt2' ? AutoModelForCausalLM : AutoModelForSeq2SeqLM;
  const loaded = await Model.from_pretrained(model, {
    dtype: dtypes[dtype],
    device: 'cpu',
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  return {
    async generate(rows, count) {
      const dims = [rows.length, rows[0].length];
      const ids = BigInt64Array.from(rows.flat(), BigInt);
      const sequences = await loaded.generate({
        input_ids: new Tensor('int64', ids, dims),
        attention_mask: new Tensor('int64', ids.slice().fill(1n), dims),
        max_new_tokens: count,
        min_new_tokens: count,
        do_sample: false,
      });
      return sequences.tolist().map((row) => row.map(Number));
    },
  };
}
