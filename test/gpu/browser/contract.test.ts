/** gpu.js on WebGPU and WebGL 2, here drawn by SwiftShader: the contract of every backend. */
import { gpuBackend } from '../../../src/gpu.ts';
import { opContract } from '../../kernels/contract.ts';

const notFinite = 'gpu.js has no logic for NaN, so that the kernels look for none';
const subnormals = 'a GPU may take numbers below 2⁻¹²⁶ for 0';

opContract('gpu.js, webgpu', () => gpuBackend({ mode: 'webgpu' }), 'float32', { notFinite, subnormals });
opContract('gpu.js, webgl2', () => gpuBackend({ mode: 'webgl2' }), 'float32', {
  notFinite,
  subnormals,
  payloads: 'a texture need not keep the payload of a NaN',
});
