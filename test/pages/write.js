/**
 * Runs in a page, or in a worker of one: what a model writes there, how, and how much of the work other threads did.
 * Plain JavaScript, because it is served as it is.
 */

/** Watches the jobs that are handed out: their parts, and those of them that this thread does itself. */
function watchJobs() {
  const jobs = { parts: 0, own: 0 };
  const { store, sub } = Atomics;
  const left = 1; // crew.ts: the place of what is left of a job
  Atomics.store = (state, at, value) => {
    if (at === left) jobs.parts += value;
    return store(state, at, value);
  };
  Atomics.sub = (state, at, value) => {
    if (at === left) jobs.own += value;
    return sub(state, at, value);
  };
  return jobs;
}

function checksum({ buffer, byteOffset, byteLength }) {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** `helped`: go on until other threads have done something, or were refused. */
export async function write({ folder, options, helped = false }) {
  const jobs = watchJobs();
  const { AutoModel } = await import('/batonlm.min.js');
  const model = await AutoModel.from_pretrained(new URL(folder, self.location.origin), options);
  const input_ids = [[5, 9, 3, 7, 11, 60, 2]];
  const work = async () => {
    const { logits } = await model.forward({ input_ids, decoder_input_ids: [[4, 9, 17]] });
    const { sequences } = await model.generate({ input_ids, max_new_tokens: 8, min_new_tokens: 8 });
    return { bits: checksum(await logits.readFloats()), sequences };
  };
  let wrote = await work();
  for (let i = 0; helped && i < 100 && jobs.parts === jobs.own && model.backendInfo.threads > 1; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    wrote = await work();
  }
  const { backendInfo: info } = model;
  model.dispose();
  return { ...wrote, info, byOthers: jobs.parts - jobs.own, isolated: self.crossOriginIsolated };
}
