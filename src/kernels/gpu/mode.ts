import { OptionError, StateError, show, UnsupportedOptionError } from '../../errors.ts';
import type { Gpu, GpuJs, Kernel } from './gpu-js.ts';

/** Where gpu.js runs kernels. */
export type GpuMode = 'webgpu' | 'webgl2' | 'headlessgl' | 'webasm' | 'cpu';

/** The class that runs the kernels of a mode: gpu.js itself tells no other truth about it. */
const classes: Readonly<Record<GpuMode, string>> = {
  webgpu: 'WebGPUKernel',
  webgl2: 'WebGL2Kernel',
  headlessgl: 'HeadlessGLKernel',
  webasm: 'WebAssemblyKernel',
  cpu: 'CPUKernel',
};

export const gpuModes: readonly GpuMode[] = ['webgpu', 'webgl2', 'headlessgl', 'webasm', 'cpu'];

export function checkMode(mode: unknown): asserts mode is GpuMode {
  if (gpuModes.some((known) => known === mode)) return;
  throw new OptionError(`"mode" must be one of ${gpuModes.join(', ')}, got ${show(mode)}`, {
    op: 'gpuBackend',
    got: mode,
    hint: 'the mode is always named: gpu.js would choose another one in silence',
  });
}

/** What every kernel is made with. Loops with a bound that is no literal would end after 1000 rounds without `loopMaxIterations`. */
export const common = { precision: 'single', loopMaxIterations: 65536 } as const;

/** Demands that a kernel which has run did so in this mode, and fell back to no other. */
export function checkRan({ kernel }: Kernel, mode: GpuMode, gpuJs: GpuJs): void {
  const name = classes[mode];
  const wanted = gpuJs[name];
  if (wanted !== undefined && kernel.constructor === wanted && (kernel.fallbackReason ?? undefined) === undefined)
    return;
  throw new StateError(
    `a kernel of mode "${mode}" ran elsewhere: ${String(kernel.fallbackReason ?? `not as ${name}`)}`,
    {
      op: 'gpuBackend',
    },
  );
}

/** An instance of gpu.js in use, and by how many backends: a page has few contexts for WebGL, and the oldest dies of the seventeenth. */
interface Shared {
  readonly gpu: Gpu;
  users: number;
}

const instances = new WeakMap<object, Map<GpuMode, Shared>>();

/**
 * The instance of a mode, one for all backends of a page.
 *
 * Errors    UnsupportedOptionError the mode is not available here
 */
export function openGpu(gpuJs: GpuJs, mode: GpuMode): Gpu {
  const ofModule = instances.get(gpuJs.GPU) ?? new Map<GpuMode, Shared>();
  instances.set(gpuJs.GPU, ofModule);
  const found = ofModule.get(mode);
  if (found !== undefined) {
    found.users++;
    return found.gpu;
  }
  try {
    const gpu = new gpuJs.GPU({ mode });
    ofModule.set(mode, { gpu, users: 1 });
    return gpu;
  } catch (cause) {
    throw unavailable(mode, cause);
  }
}

/** Gives the instance back; `lost`: nobody is to get it again. */
export function closeGpu(gpuJs: GpuJs, mode: GpuMode, gpu: Gpu, lost: boolean): void {
  const ofModule = instances.get(gpuJs.GPU);
  const found = ofModule?.get(mode);
  if (found?.gpu !== gpu) return;
  if (!lost && --found.users > 0) return;
  ofModule?.delete(mode);
  if (!lost) void gpu.destroy();
}

export function unavailable(mode: GpuMode, cause: unknown): UnsupportedOptionError {
  const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  const hints: Readonly<Record<GpuMode, string>> = {
    webgpu: 'a browser with WebGPU and an adapter, on a secure page; in Node navigator.gpu, from npm webgpu',
    webgl2: 'a browser with WebGL 2',
    headlessgl: 'the package "gl", built, and a display',
    webasm: 'an engine with WebAssembly SIMD',
    cpu: 'an engine that may make code from strings',
  };
  return new UnsupportedOptionError(`gpu mode "${mode}" is not available here: ${why}`, {
    op: 'gpuBackend',
    got: mode,
    hint: `it needs ${hints[mode]}`,
    cause,
  });
}
