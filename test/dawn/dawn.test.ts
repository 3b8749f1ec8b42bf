/** WebGPU in Node, where Dawn is installed: what the other modes of gpu.js pass, and the command. */
import { gpuBackend } from '../../src/gpu.ts';
import { memorySuite } from '../gpu/suites/memory.ts';
import { trapSuite } from '../gpu/suites/traps.ts';
import { opContract } from '../kernels/contract.ts';

trapSuite('webgpu');
memorySuite('webgpu', 2000);
opContract('gpu.js, webgpu', () => gpuBackend({ mode: 'webgpu' }), 'float32', {
  notFinite: 'gpu.js has no logic for NaN, so that the kernels look for none',
  subnormals: 'a GPU may take numbers below 2⁻¹²⁶ for 0',
});
