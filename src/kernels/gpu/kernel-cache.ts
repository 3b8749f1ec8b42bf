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
  readonly #most: number;
  /** Out of use, and not destroyed yet. */
  #doomed: Kernel[] = [];
  compiled = 0;

  /** `keep`: kernels at most. */
  constructor(gpuJs: GpuJs, gpu: Gpu, mode: GpuMode, keep = most) {
    this.#most = keep;
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
    if (this.#kernels.size > this.#most && oldest !== undefined) this.drop(oldest);
    this.#destroy();
    return result;
  }

  /**
   * Gives up a kernel. On WebGL it is destroyed when another one has been built: all kernels of a context draw from the
   * corners of the one that was built last, and without those they draw nothing and say nothing.
   */
  drop(key: string): void {
    const kernel = this.#kernels.get(key);
    if (kernel === undefined) return;
    this.#kernels.delete(key);
    this.#doomed.push(kernel);
    if (!this.#drawing) this.#destroy();
  }

  /** `alone`: nobody else draws on the context any more. */
  dispose(alone = false): void {
    if (this.#drawing && !alone) this.#gpu.createKernel('function () { return 1; }', { ...common, output: [1] })();
    for (const key of [...this.#kernels.keys()]) this.drop(key);
    this.#destroy();
  }

  get #drawing(): boolean {
    return this.#mode === 'webgl2' || this.#mode === 'headlessgl';
  }

  #destroy(): void {
    for (const kernel of this.#doomed) {
      keepResults(kernel);
      kernel.destroy();
    }
    this.#doomed = [];
  }
}

/** A kernel of headless GL takes its first result with it, whoever reads that still: it is not to know of it. */
function keepResults({ kernel: { textureCache = [] } }: Kernel): void {
  for (let i = textureCache.length - 1; i >= 0; i--) if (textureCache[i]._refs) textureCache.splice(i, 1);
}

export interface KernelPlan {
  readonly source: string;
  readonly settings: Readonly<Record<string, unknown>>;
}
