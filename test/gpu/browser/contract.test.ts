/** gpu.js in a page, on the mode of the project, drawn by SwiftShader where there is no GPU: the contract of every backend. */
import { gpuBackend } from '../../../src/gpu.ts';
import { opContract } from '../../kernels/contract.ts';
import { mode } from './mode.ts';

opContract(`gpu.js, ${mode}`, () => gpuBackend({ mode }), 'float32', {
  notFinite: 'gpu.js has no logic for NaN, so that the kernels look for none',
  subnormals: 'a GPU may take numbers below 2⁻¹²⁶ for 0',
  ...(mode === 'webgl2' && { payloads: 'a texture need not keep the payload of a NaN' }),
});
