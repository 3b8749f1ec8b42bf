/** One thread of the reading measurement: waits, reads its share of the bytes once, says so; again and again. */
import { parentPort, workerData } from 'node:worker_threads';
import { peakModule } from './peak-module.mjs';

const { bytes, control } = workerData;
const PAGE = 65536;
const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
new Float32Array(memory.buffer).fill(1.25); // fresh pages would be read as zeros, from nowhere
const { read } = new WebAssembly.Instance(new WebAssembly.Module(peakModule('mulAdd')), { env: { memory } }).exports;
for (let i = 0; i < 20; i++) read(0, Math.min(bytes, 1 << 20)); // compiles it to the end

const shared = new Int32Array(control);
const [GO, LEFT] = [0, 1];
for (let seen = Atomics.load(shared, GO); ; seen = Atomics.load(shared, GO)) {
  parentPort.postMessage('ready');
  Atomics.wait(shared, GO, seen);
  read(0, bytes);
  if (Atomics.sub(shared, LEFT, 1) === 1) Atomics.notify(shared, LEFT);
}
