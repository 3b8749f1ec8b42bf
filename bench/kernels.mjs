/**
 * The wasm kernels by themselves, one thread: products in GFLOP/s, decoding in GB/s beside a loop that only reads.
 *
 *   node bench/kernels.mjs [deterministic]        best of 15 each, after warming up; needs dist/
 */
import asc from 'assemblyscript/asc';
import { buildFor, instantiate } from '../dist/kernels/wasm/engine.js';
import { Machine } from '../dist/kernels/wasm/machine.js';

const build = await buildFor(process.argv[2] === 'deterministic');
if (typeof build === 'string') throw new Error(build);
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
const kernels = await instantiate(build.module, memory);
const machine = new Machine(kernels, memory);

/** Best milliseconds of a call. */
function best(call) {
  let least = Infinity;
  for (let i = 0; i < 18; i++) {
    const began = performance.now();
    call();
    if (i >= 3) least = Math.min(least, performance.now() - began);
  }
  return least;
}

/** Room for `size` floats, filled with ordinary numbers. */
function floats(size) {
  const at = machine.heap.alloc(4 * size);
  const view = machine.view(at, 'F32', size);
  for (let i = 0; i < size; i++) view[i] = (((i * 7) % 13) - 6) * 0.01;
  return at;
}

/** Reads everything once, in order, and does next to nothing with it. */
async function reader() {
  const source = `export function read(p: usize, end: usize): i32 {
    let a = i32x4.splat(0), b = a, c = a, d = a;
    for (; p < end; p += 64) {
      a = v128.xor(a, v128.load(p)); b = v128.xor(b, v128.load(p, 16));
      c = v128.xor(c, v128.load(p, 32)); d = v128.xor(d, v128.load(p, 48));
    }
    return i32x4.extract_lane(v128.xor(v128.xor(a, b), v128.xor(c, d)), 0);
  }`;
  const options = { optimizeLevel: 3, runtime: 'stub', importMemory: true, enable: ['simd'], maximumMemory: 65536 };
  const { binary, error } = await asc.compileString(source, { ...options, initialMemory: 1 });
  if (error) throw error;
  const { instance } = await WebAssembly.instantiate(binary, { env: { memory } });
  return instance.exports.read;
}

const read = await reader();
const round = (x) => Number(x.toFixed(1));
const results = { node: process.version, simd: build.simd };
const room = floats(8 * 4096 + 48);
for (const [M, K, N] of [
  [126, 768, 768],
  [510, 768, 768],
  [126, 3072, 768],
  [126, 768, 3072],
  [8, 768, 3072],
]) {
  // biome-ignore format: a table
  const [x, tiles, w, y] = [M * K, M * K, K * N, M * N].map(floats);
  const ms = best(() => {
    kernels.packTiles(x, tiles, M, K);
    kernels.gemm(tiles, w, 0, y, room, M, N, K, 0, 0, 1);
  });
  results[`gemm ${M}×${K}×${N} GFLOP/s`] = round((2 * M * N * K) / ms / 1e6);
}
for (const [N, K] of [
  [3072, 768],
  [50264, 768],
]) {
  // biome-ignore format: a table
  const [x, w, y] = [K, K * N, N].map(floats);
  const bytes = 4 * N * K;
  results[`read ${N}×${K} GB/s`] = round(bytes / best(() => read(w, w + bytes)) / 1e6);
  for (const [kind, name, size] of [
    [0, 'f32', 4],
    [1, 'f16', 2],
    [2, 'bf16', 2],
  ]) {
    // biome-ignore format: a table
    const ms = best(() => kernels.gemv(x, w, 0, y, room, N, K, kind, 0, 1));
    results[`gemv ${name} ${N}×${K} GB/s`] = round((size * N * K) / ms / 1e6);
  }
}
console.log(JSON.stringify(results, null, 2));
