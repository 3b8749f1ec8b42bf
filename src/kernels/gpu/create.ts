import { BatonError, OptionError } from '../../errors.ts';
import { GpuBackend, type GpuInfo } from './gpu-backend.ts';
import { type Context, type Gpu, type GpuJs, loadGpuJs } from './gpu-js.ts';
import { Launcher } from './launcher.ts';
import { LocalDevice } from './local-device.ts';
import { checkMode, checkRan, closeGpu, common, type GpuMode, openGpu, unavailable } from './mode.ts';
import { RemoteDevice } from './remote-device.ts';

export interface GpuOptions {
  /** Where kernels run. There is no default: gpu.js would choose in silence, and some choices are slower than no GPU. */
  readonly mode: GpuMode;
  /** gpu.js: its module, or the class GPU that its script for pages defines. @default the installed package */
  readonly gpu?: unknown;
}

/**
 * A backend on gpu.js, in the mode that is named and no other: a first kernel has run there before this resolves.
 *
 * Errors    OptionError mode, gpu · LoadError gpu.js is not installed · UnsupportedOptionError the mode is not available here
 */
export async function gpuBackend(options: GpuOptions): Promise<GpuBackend> {
  const { mode, gpu: given, ...unknown } = options ?? {};
  const [extra] = Object.keys(unknown);
  if (extra !== undefined) throw new OptionError(`there is no option "${extra}"`, { op: 'gpuBackend', got: extra });
  checkMode(mode);
  const gpuJs = await loadGpuJs(given);
  const gpu = openGpu(gpuJs, mode);
  try {
    const context = await firstKernel(gpuJs, gpu, mode);
    const local = mode === 'webasm' || mode === 'cpu';
    const device = local ? new LocalDevice(gpuJs, gpu, mode) : new RemoteDevice(gpuJs, gpu, mode, context);
    const info: GpuInfo = {
      name: 'gpu',
      mode,
      adapter: adapterOf(context),
      threads: 1,
      simd: mode === 'webasm' ? 'simd' : 'none',
      limits: device.limits,
      notes: [
        `gpu.js in mode ${mode}, where a first kernel ran${context === undefined ? '' : `; ${adapterOf(context)}`}`,
      ],
    };
    const lost = () => context?.isContextLost?.() === true || context?.isLost === true;
    return new GpuBackend(new Launcher(device), info, () => closeGpu(gpuJs, mode, gpu, lost()));
  } catch (error) {
    closeGpu(gpuJs, mode, gpu, false);
    if (error instanceof BatonError) throw error;
    throw unavailable(mode, error);
  }
}

/** Runs 2·x where the mode says, and looks whether it did; gives the context. */
async function firstKernel(gpuJs: GpuJs, gpu: Gpu, mode: GpuMode): Promise<Context | undefined> {
  const source = 'function (x) { return 2 * x[this.thread.x]; }';
  const kernel = gpu.createKernel(source, { ...common, output: [3] });
  const result = await kernel(new gpuJs.Input(Float32Array.of(1, 2, 3), [3]));
  checkRan(kernel, mode, gpuJs);
  const { context } = kernel.kernel;
  if (!(result instanceof Float32Array) || result.join() !== '2,4,6') {
    throw unavailable(mode, new Error(`a first kernel computed ${String(result)} in place of 2,4,6`));
  }
  return context ?? undefined;
}

function adapterOf(context: Context | undefined): string {
  const info = context?.adapter?.info;
  if (info !== undefined) {
    const names = ['vendor', 'architecture', 'device', 'description'].map((name) => info[name]);
    return names.filter((name) => typeof name === 'string' && name !== '').join(' ') || 'unnamed';
  }
  const name = context?.getExtension?.('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? context?.RENDERER;
  const told = name === undefined ? undefined : context?.getParameter?.(name);
  return typeof told === 'string' ? told : 'none';
}
