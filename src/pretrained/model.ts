import { StateError } from '../errors.ts';
import type { Backend, BackendInfo } from '../tensor/backend.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Placement } from './placement.ts';

/** What a model's folder says about generation: `generation_config.json`, and what `config.json` keeps from old times. */
export interface GenerationConfigs {
  readonly file: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What every loaded model has: tensors on a backend, freed together. */
export abstract class LoadedModel {
  readonly backend: Backend;
  readonly generationConfigs: GenerationConfigs;
  readonly #tensors: readonly Tensor[];
  readonly #ownsBackend: boolean;
  #live = true;

  protected constructor(
    { backend, ownsBackend }: Placement,
    tensors: readonly Tensor[],
    generationConfigs: GenerationConfigs = { file: {}, config: {} },
  ) {
    this.backend = backend;
    this.#ownsBackend = ownsBackend;
    this.#tensors = tensors;
    this.generationConfigs = generationConfigs;
  }

  /** What computes: name, threads, instruction set, and why. */
  get backendInfo(): BackendInfo {
    return this.backend.info;
  }

  /** How the matrices are kept: 'f32', 'f16', 'bf16', 'int8' or 'int4'. */
  get dtype(): string {
    const matrices = this.#tensors.filter(({ rank }) => rank > 1).map(({ dtype }) => dtype);
    if (matrices.includes('Q4')) return 'int4';
    if (matrices.includes('Q8')) return 'int8';
    return (matrices[0] ?? 'F32').toLowerCase();
  }

  /** Bytes that the weights take in memory, scales and padding included. A tied table counts once. */
  memoryFootprint(): number {
    if (!this.#live) return 0;
    return this.#tensors.reduce((sum, { storage }) => sum + this.backend.bytesOf(storage), 0);
  }

  /** Frees the weights. The model is unusable afterwards; a second call does nothing. */
  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    for (const tensor of this.#tensors) tensor.dispose();
    if (this.#ownsBackend) this.backend.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  protected checkLive(method: string): void {
    if (!this.#live) throw new StateError(`${method} was called after dispose()`, { op: this.constructor.name });
  }
}
