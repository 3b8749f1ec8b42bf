/**
 * Linear layers alone, in every way this build can compute them, beside what the machine can do at most: GFLOP/s, or GOP/s
 * of whole numbers, for many rows, GB/s of weights for one. All variants take turns in one process.
 *
 *   node bench/kernels.mjs [--json] [--quick]
 */
import { AutoModel, linear, scope, tensor } from '../dist/index.node.js';
import { kernelLines } from './kernel-lines.mjs';
import { dotGops, multiplyGflops, readGbs } from './kernels/peaks.mjs';
import { linearSizes } from './kernels/sizes.mjs';
import { median } from './measure.mjs';
import { modelFolder } from './models.mjs';
import { nameOf } from './names.mjs';
import { offeredRows } from './offered.mjs';

const quick = process.argv.includes('--quick');
const repetitions = quick ? 3 : 15;

const bytesPerWeight = { f32: 4, f16: 2, bf16: 2, int8: 1, int4: 0.5 };

const rows = (await offeredRows()).filter(({ backend, dtype }) => backend !== 'reference' || dtype === 'f32');
const folder = modelFolder('gpt2-layer');
const models = [];
for (const { backend, dtype, threads } of rows)
  models.push(await AutoModel.from_pretrained(folder, { backend, dtype, threads }));

const results = [];
for (const { M, K, N, size, layer } of linearSizes) {
  const calls = models.map((model) => callOf(model, layer, M, K));
  const times = rows.map(() => []);
  for (let i = -2; i < repetitions; i++) {
    for (const [r, call] of calls.entries()) {
      const began = performance.now();
      call();
      if (i >= 0) times[r].push(performance.now() - began); // two to warm up
    }
  }
  for (const [r, row] of rows.entries()) {
    const ms = median(times[r]);
    const speed =
      M > 1 ? { gflops: (2 * M * K * N) / ms / 1e6 } : { gbs: (K * N * bytesPerWeight[row.dtype]) / ms / 1e6 };
    results.push({ row: nameOf({ engine: 'batonlm', ...row }), size, ms, ...speed });
  }
}

const peaks = { multiply_gflops: multiplyGflops(repetitions), dot_gops: dotGops(repetitions), read_gbs: [] };
for (const bytes of [2.36e6, 9.44e6, 38.6e6, 124e6, 154e6, 498e6]) {
  for (const threads of [1, 2])
    peaks.read_gbs.push({ bytes, threads, gbs: await readGbs(bytes, threads, repetitions) });
}

if (process.argv.includes('--json')) console.log(JSON.stringify({ peaks, kernels: results }));
else console.log(kernelLines({ peaks, kernels: results }).join('\n'));

/** One call of a layer on rows of ordinary values, with all that it leaves behind freed. */
function callOf({ weights, backend }, layer, M, K) {
  const { weight, bias, layout = '[in, out]' } = layer(weights);
  const values = Float32Array.from({ length: M * K }, (_, i) => Math.sin(i));
  const x = tensor(values, { shape: [M, K], backend });
  return () => scope(() => void linear(x, weight, bias, layout));
}
