/** The only door to gpu.js, and the part of it that is used here. Pinned to 2.24.1: its classes are told apart, and handles re-read in another shape. */
import { LoadError, OptionError, StateError, show } from '../../errors.ts';

/** Numbers that stay where the kernels run: a texture or a buffer. */
export interface Handle {
  /** Columns and rows as the next kernel is to see them; the elements lie row by row whatever this says. */
  output: ArrayLike<number>;
  dimensions?: ArrayLike<number>;
  readonly context?: Context;
  /** What made it. */
  kernel?: unknown;
  /** Of a buffer: numbers that a thread has written. */
  componentCount?: number;
  /** Texels of a texture. */
  readonly size?: ArrayLike<number>;
  delete(): void;
  clone(): Handle;
  toArray(): unknown;
  /** Of a texture: all its texels. */
  renderValues?(): Float32Array;
}

/** A WebGL context, or the device of WebGPU beside its adapter. */
export interface Context {
  isContextLost?(): boolean;
  getExtension?(name: string): { UNMASKED_RENDERER_WEBGL?: number; loseContext?(): void } | null;
  getParameter?(name: number): unknown;
  readonly MAX_TEXTURE_SIZE?: number;
  readonly RENDERER?: number;
  readonly isLost?: boolean;
  readonly adapter?: { readonly info?: Readonly<Record<string, unknown>> };
  readonly device?: { readonly limits: Readonly<Record<string, number>>; destroy(): void };
}

export interface Kernel {
  (...args: readonly unknown[]): unknown;
  setOutput(output: readonly number[]): unknown;
  destroy(): void;
  readonly kernel: {
    readonly constructor: unknown;
    readonly fallbackReason?: unknown;
    readonly context?: Context | null;
    /** Textures of WebGL; those of results count who holds them. */
    readonly textureCache?: { readonly _refs?: number }[];
  };
}

export interface Gpu {
  createKernel(source: string, settings: Readonly<Record<string, unknown>>): Kernel;
  destroy(): Promise<void>;
}

export interface GpuJs {
  readonly GPU: new (settings: { readonly mode: string }) => Gpu;
  readonly Input: new (values: Float32Array, size: readonly number[]) => object;
  readonly [name: string]: unknown;
}

/**
 * gpu.js: what is given, the module or a page's class `GPU` with its parts on it, or the package that is installed.
 *
 * Errors    LoadError it is not installed · OptionError what is given is not gpu.js
 */
export async function loadGpuJs(given?: unknown): Promise<GpuJs> {
  if (given !== undefined) {
    const found = partsOf(given);
    if (found !== undefined) return found;
    throw new OptionError(
      `"gpu" must be gpu.js, its module or its class GPU with its parts on it, got ${show(given)}`,
      {
        op: 'gpuBackend',
      },
    );
  }
  let loaded: unknown;
  try {
    loaded = await import('gpu.js');
  } catch (cause) {
    throw new LoadError('gpu.js is not installed, and the gpu backend runs on it', {
      op: 'gpuBackend',
      hint: 'npm install gpu.js@2.24.1; on a page give { gpu: GPU }, the class of its script',
      cause,
    });
  }
  const found = partsOf(loaded);
  if (found !== undefined) return found;
  throw new StateError('the package gpu.js has no class GPU', { op: 'gpuBackend', hint: 'npm install gpu.js@2.24.1' });
}

function partsOf(given: unknown): GpuJs | undefined {
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) return undefined;
  if (isGpuJs(given)) return given;
  if ('default' in given && isGpuJs(given.default)) return given.default;
  const parts = { ...given, GPU: given }; // a page's script hangs the parts on the class
  return typeof given === 'function' && isGpuJs(parts) ? parts : undefined;
}

function isGpuJs(value: unknown): value is GpuJs {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return 'GPU' in value && typeof value.GPU === 'function' && 'Input' in value && typeof value.Input === 'function';
}
