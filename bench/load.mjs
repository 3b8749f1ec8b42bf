/**
 * Loads a model and lets it write: time, and the peak of resident memory against what the weights take.
 *
 *   node bench/load.mjs DIR [f32|f16|bf16]        one JSON line
 *
 * The budget: peak at load ≤ 1.15 × the resident weights + 100 MB (Node itself takes about 50 MB of these).
 */
import { AutoModel } from '../dist/index.node.js';

const [folder, dtype = 'f32'] = process.argv.slice(2);
const MB = 1e6;
const peak = () => process.resourceUsage().maxRSS * 1024;
const round = (x, digits = 1) => Number(x.toFixed(digits));

const began = performance.now();
const model = await AutoModel.from_pretrained(folder, { dtype });
const load_ms = performance.now() - began;
const weights = model.memoryFootprint();
const atLoad = peak();

const input_ids = [Array.from({ length: 16 }, (_, i) => 100 + i)];
const { sequences, timings } = await model.generate({
  input_ids,
  max_new_tokens: 16,
  eos_token_id: null,
  pad_token_id: 0,
});
console.log(
  JSON.stringify({
    folder,
    dtype,
    node: process.version,
    weights_mb: round(weights / MB),
    peak_at_load_mb: round(atLoad / MB),
    budget_mb: round((1.15 * weights) / MB + 100),
    load_ms: round(load_ms),
    encode_ms: round(timings.encode_ms),
    prefill_ms: round(timings.prefill_ms),
    ms_per_token: round(timings.ms_per_token),
    tokens: sequences[0].length,
    peak_mb: round(peak() / MB),
  }),
);
