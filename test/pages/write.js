/** Runs in a page, or in a worker of one: what a model writes there, how, and how much of the work other threads did. */
import { untilHelped, watchJobs } from './jobs.js';

function checksum({ buffer, byteOffset, byteLength }) {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

export async function write({ folder, options }) {
  const jobs = watchJobs();
  const { AutoModel } = await import('/batonlm.min.js');
  const model = await AutoModel.from_pretrained(new URL(folder, self.location.origin), options);
  const input_ids = [[5, 9, 3, 7, 11, 60, 2]];
  const wrote = await untilHelped(jobs, model, async () => {
    const { logits } = await model.forward({ input_ids, decoder_input_ids: [[4, 9, 17]] });
    const { sequences } = await model.generate({ input_ids, max_new_tokens: 8, min_new_tokens: 8 });
    return { bits: checksum(await logits.readFloats()), sequences };
  });
  const { backendInfo: info } = model;
  model.dispose();
  return { ...wrote, info, byOthers: jobs.parts - jobs.own, isolated: self.crossOriginIsolated };
}
