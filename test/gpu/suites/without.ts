import type { GpuMode } from '../../../src/gpu.ts';
import type { Without } from '../../kernels/contract/lab.ts';

/** What a mode of gpu.js does not keep of float32's rules, each with its reason. */
export function withoutOf(mode: GpuMode): Without {
  const notFinite = 'gpu.js has no logic for NaN, so that the kernels look for none';
  if (mode === 'webasm') return { notFinite };
  if (mode === 'cpu')
    return { notFinite, payloads: 'numbers pass through float64, which may change the payload of a NaN' };
  return {
    notFinite,
    subnormals: 'a GPU may take numbers below 2⁻¹²⁶ for 0',
    ...(mode !== 'webgpu' && { payloads: 'a texture need not keep the payload of a NaN' }),
    ...(mode === 'headlessgl' && {
      zeros: 'a compiler of shaders takes 0 + x for x (OpenGL 4.1 §2.1.1), −0 among them',
    }),
  };
}
