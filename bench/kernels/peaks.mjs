/** The most that this machine can do: reading memory, and multiply-adds. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { median } from '../measure.mjs';
import { operationsOf, peakModule } from './peak-module.mjs';

const [GO, LEFT] = [0, 1];
const turns = 2_000_000;

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

/** GFLOP/s of f32 multiply-adds in registers, one thread: with the one instruction where this engine has it. */
export const multiplyGflops = (repetitions = 9) => best(repetitions, ['madd', 'mulAdd']);

/** GOP/s of int8 products and their sums, one thread: four at a time where this engine has that, else two of 16 bits. */
export const dotGops = (repetitions = 9) => best(repetitions, ['dot8', 'dot16']);

/** 10⁹ operations a second of the fastest of some loops; those that this engine cannot compile are left out. */
function best(repetitions, steps) {
  const speeds = steps
    .map((step) => ({ step, bytes: peakModule(step) }))
    .filter(({ bytes }) => WebAssembly.validate(bytes))
    .map(({ step, bytes }) => (turns * operationsOf[step]) / medianMs(bytes, repetitions) / 1e6);
  return Math.max(...speeds);
}

function medianMs(bytes, repetitions) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { multiply } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const times = Array.from({ length: repetitions + 3 }, () => {
    const began = performance.now();
    multiply(turns);
    return performance.now() - began;
  });
  return median(times.slice(3));
}
