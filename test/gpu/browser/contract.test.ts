/** gpu.js in a page, on the mode of the project, drawn by SwiftShader where there is no GPU: the contract of every backend. */
import { gpuBackend } from '../../../src/gpu.ts';
import { opContract } from '../../kernels/contract.ts';
import { withoutOf } from '../suites/without.ts';
import { mode } from './mode.ts';

opContract(`gpu.js, ${mode}`, () => gpuBackend({ mode }), 'float32', withoutOf(mode));
