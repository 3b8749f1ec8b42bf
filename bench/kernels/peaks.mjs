/** The most that this machine can do: reading memory, and multiply-adds. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { median } from '../measure.mjs';
import { peakModule } from './peak-module.mjs';

const [GO, LEFT] = [0, 1];

/** GB/s at which `threads` threads read `bytes` bytes together, each its own share; a multiple of 128 is read. */
export async function readGbs(bytes, threads, repetitions = 9) {
  const control = new SharedArrayBuffer(8);
  const shared = new Int32Array(control);
  const share = Math.floor(bytes / threads / 128) * 128;
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('read-worker.mjs', import.meta.url), { workerData: { bytes: share, control } }),
  );
  const times = [];
  for (let i = 0; i < repetitions; i++) {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    await new Promise((resolve) => setTimeout(resolve, 2)); // they said "ready" just before they wait
    const began = performance.now();
    Atomics.store(shared, LEFT, threads);
    Atomics.add(shared, GO, 1);
    Atomics.notify(shared, GO);
    for (let left = threads; left > 0; left = Atomics.load(shared, LEFT)) Atomics.wait(shared, LEFT, left, 1);
    times.push(performance.now() - began);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return (share * threads) / median(times) / 1e6;
}

/** GFLOP/s of multiply-adds in registers, one thread: with the one instruction where this engine has it. */
export function multiplyGflops(repetitions = 9) {
  const [fused, plain] = [peakModule(true), peakModule(false)];
  const module = new WebAssembly.Module(WebAssembly.validate(fused) ? fused : plain);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { multiply } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const turns = 2_000_000;
  const times = Array.from({ length: repetitions + 3 }, () => {
    const began = performance.now();
    multiply(turns);
    return performance.now() - began;
  });
  return (turns * 80) / median(times.slice(3)) / 1e6;
}
