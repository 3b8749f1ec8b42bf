import type { Gpu, GpuJs, Kernel } from './gpu-js.ts';
import { checkRan, common, type GpuMode } from './mode.ts';

/** Kernels that are kept: enough for a model at several lengths. Each of webasm holds a memory, each of WebGL a texture. */
const most = 768;

/** Compiled kernels by what they were made for; those used longest ago make room. */
export class KernelCache {
  readonly #gpuJs: GpuJs;
  readonly #gpu: Gpu;
  readonly #mode: GpuMode;
  readonly #kernels = new Map<string, Kernel>();
  compiled = 0;

  constructor(gpuJs: GpuJs, gpu: Gpu, mode: GpuMode) {
    this.#gpuJs = gpuJs;
    this.#gpu = gpu;
    this.#mode = mode;
  }

  /** Runs the kernel of this key, which is made by `source` and `settings` where it is new, and checked after its first run. */
  async run(key: string, make: () => KernelPlan, args: readonly unknown[]): Promise<unknown> {
    const found = this.#kernels.get(key);
    if (found !== undefined) {
      this.#kernels.delete(key); // a Map keeps the order in which keys came
      this.#kernels.set(key, found);
      return found(...args);
    }
    const { source, settings } = make();
    const kernel = this.#gpu.createKernel(source, { ...common, ...settings });
    const result = await kernel(...args);
    checkRan(kernel, this.#mode, this.#gpuJs);
    this.compiled++;
    this.#kernels.set(key, kernel);
    const oldest = this.#kernels.keys().next().value;
    if (this.#kernels.size > most && oldest !== undefined) this.drop(oldest);
    return result;
  }

  drop(key: string): void {
    this.#kernels.get(key)?.destroy();
    this.#kernels.delete(key);
  }

  dispose(): void {
    for (const key of [...this.#kernels.keys()]) this.drop(key);
  }
}

export interface KernelPlan {
  readonly source: string;
  readonly settings: Readonly<Record<string, unknown>>;
}
