/** A model that writes, in one mode of gpu.js: `measureDecoding(engine, gpuBackend, gpuJs, mode, folder, tokens)`. */
export async function measureDecoding({ AutoModel }, gpuBackend, gpuJs, mode, folder, tokens) {
  const backend = await gpuBackend({ mode, gpu: gpuJs });
  const began = performance.now();
  const model = await AutoModel.from_pretrained(folder, { backend });
  const load_ms = Math.round(performance.now() - began);
  const input_ids = [Array.from({ length: 16 }, (_, i) => (7919 * (i + 1)) % model.config.vocabSize)];
  const run = (max_new_tokens) =>
    model.generate({ input_ids, max_new_tokens, do_sample: false, eos_token_id: null, pad_token_id: 0 });
  await run(2); // compiles
  const before = await backend.traffic();
  const { timings, sequences } = await run(tokens);
  const after = await backend.traffic();
  const figures = {
    load_ms,
    weights_mb: Math.round(model.memoryFootprint() / 1e6),
    prefill_ms: Math.round(timings.prefill_ms),
    ms_per_token: Number(timings.ms_per_token.toFixed(1)),
    launches_per_token: Math.round((after.launches - before.launches) / tokens),
    adapter: backend.info.adapter,
    ids: sequences[0].slice(16, 22),
  };
  model.dispose();
  backend.dispose();
  return figures;
}
