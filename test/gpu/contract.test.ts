/** gpu.js where there is no GPU: its kernels in WebAssembly and in plain JavaScript. In a browser: test/gpu/browser. */
import { gpuBackend } from '../../src/gpu.ts';
import { opContract } from '../kernels/contract.ts';

const notFinite = 'gpu.js has no logic for NaN, so that the kernels look for none';

opContract('gpu.js, webasm', () => gpuBackend({ mode: 'webasm' }), 'float32', { notFinite });
opContract('gpu.js, cpu', () => gpuBackend({ mode: 'cpu' }), 'float32', {
  notFinite,
  payloads: 'numbers pass through float64, which may change the payload of a NaN',
});
