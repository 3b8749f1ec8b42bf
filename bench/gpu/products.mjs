/**
 * 512³ in one mode of gpu.js, in milliseconds: `measureProducts(engine, gpuBackend, gpuJs, mode)`, in Node or in a page.
 *
 *   naive      gpu.js as its first page shows it: nested arrays in, nested arrays out, both at every call
 *   example    the best of its examples: flat inputs, results left where they are (pipeline), read once
 *   ours       linear: the weight uploaded once, lying [in, out], four steps a round; read once
 *   wasm       the engine's SIMD kernels, on one thread and on all
 */
const n = 512;
const repeats = 3;

export async function measureProducts({ tensor, linear, createWasmBackend, scope }, gpuBackend, gpuJs, mode) {
  const values = (seed) => Float32Array.from({ length: n * n }, (_, i) => Math.sin(seed + i));
  const [a, w] = [values(1), values(2)];
  const want = product(a, w, 7, 9);
  const figures = {};

  const { GPU } = gpuJs;
  const Input = gpuJs.Input ?? GPU.Input;
  const gpu = new GPU({ mode });
  const source = `function (a, w) { let s = 0; for (let i = 0; i < ${n}; i++) { s += a[this.thread.y][i] * w[i][this.thread.x]; } return s; }`;
  const settings = { output: [n, n], precision: 'single', loopMaxIterations: 65536 };
  const naive = gpu.createKernel(source, settings);
  const rows = (flat) => Array.from({ length: n }, (_, r) => Array.from(flat.subarray(r * n, (r + 1) * n)));
  const [nestedA, nestedW] = [rows(a), rows(w)];
  figures.naive = await best(async () => (await naive(nestedA, nestedW))[7][9], want);

  const kernel = gpu.createKernel(source, { ...settings, pipeline: true, immutable: true });
  figures.example = await best(async () => {
    const result = await kernel(new Input(a, [n, n]), new Input(w, [n, n]));
    const read = result.toArray === undefined ? result : await result.toArray();
    result.delete?.();
    return read[7][9];
  }, want);
  await gpu.destroy();

  const linearOn = async (backend) => {
    const x = tensor(a.slice(), { backend, shape: [n, n] });
    const weight = tensorOf(backend, w.slice());
    const ms = await best(async () => {
      const y = scope(() => linear(x, weight, undefined, '[in, out]'));
      const read = await y.readFloats();
      y.dispose();
      return read[7 * n + 9];
    }, want);
    backend.dispose();
    return ms;
  };
  const tensorOf = (backend, data) => {
    const spec = { dtype: 'F32', shape: [n, n] };
    const like = tensor([0], { backend });
    return new like.constructor(backend, backend.upload(data, spec, 'linear [in, out]'), spec);
  };
  figures.ours = await linearOn(await gpuBackend({ mode, gpu: gpuJs }));
  figures['wasm, 1 thread'] = await linearOn(await createWasmBackend({ threads: 1 }));
  figures['wasm, all threads'] = await linearOn(await createWasmBackend());
  return figures;
}

async function best(call, want) {
  let least = Infinity;
  for (let i = 0; i <= repeats; i++) {
    const began = performance.now();
    const got = await call();
    if (Math.abs(got - want) > 1e-2) throw new Error(`computed ${got} in place of ${want}`);
    if (i > 0) least = Math.min(least, performance.now() - began); // the first call compiles
  }
  return Number(least.toFixed(1));
}

function product(a, w, r, c) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[r * n + k] * w[k * n + c];
  return sum;
}
