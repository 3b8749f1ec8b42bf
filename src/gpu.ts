/** `batonlm/gpu`: the backend on gpu.js, which is an optional peer of this package and loaded by the first call. */
export { type GpuOptions, gpuBackend } from './kernels/gpu/create.ts';
export { GpuBackend, type GpuInfo } from './kernels/gpu/gpu-backend.ts';
export type { Traffic } from './kernels/gpu/launcher.ts';
export { checkMode, type GpuMode, gpuModes } from './kernels/gpu/mode.ts';
