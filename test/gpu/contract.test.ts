/** gpu.js where there is no GPU: its kernels in WebAssembly, in plain JavaScript, and drawn by Mesa. In a browser: test/gpu/browser. */
import { it } from 'vitest';
import { gpuBackend } from '../../src/gpu.ts';
import { opContract } from '../kernels/contract.ts';
import { withoutOf } from './suites/without.ts';

opContract('gpu.js, webasm', () => gpuBackend({ mode: 'webasm' }), 'float32', withoutOf('webasm'));
opContract('gpu.js, cpu', () => gpuBackend({ mode: 'cpu' }), 'float32', withoutOf('cpu'));
if (process.env.GPUJS_HEADLESS_GL)
  opContract('gpu.js, headlessgl', () => gpuBackend({ mode: 'headlessgl' }), 'float32', withoutOf('headlessgl'));
else it.skip('headlessgl: GPUJS_HEADLESS_GL names no build of gl');
