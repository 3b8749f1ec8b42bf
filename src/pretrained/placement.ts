import { nearestNames, OptionError, show, UnsupportedOptionError } from '../errors.ts';
import { ReferenceBackend } from '../kernels/reference-backend.ts';
import type { WasmOptions } from '../kernels/wasm/create.ts';
import { createWasmBackend } from '../kernels/wasm-on-demand.ts';
import type { Backend } from '../tensor/backend.ts';
import type { HeldFiles } from './held-files.ts';
import type { ResidentDtype } from './resident.ts';

/** Where a model's tensors live and in which dtype. */
export interface Placement {
  readonly backend: Backend;
  /** Undefined: as the file is, if that is quantised, else F32. */
  readonly dtype: ResidentDtype | undefined;
  /** Made for this model alone, and disposed of with it. */
  readonly ownsBackend: boolean;
  /** Open files, where the LLM's encoder is to be read from them at every prompt. */
  readonly held?: HeldFiles;
}

/** Rejects arguments nobody knows, with the nearest names. */
export function checkKeys(op: string, args: object, known: readonly string[]): void {
  if (typeof args !== 'object' || args === null)
    throw new OptionError(`takes an object of arguments, got ${show(args)}`, { op });
  for (const key of Object.keys(args)) {
    if (!known.includes(key)) {
      throw new UnsupportedOptionError(`there is no argument ${show(key)}`, {
        op,
        got: key,
        nearest: nearestNames(key, known),
      });
    }
  }
}

export type BackendChoice = 'reference' | 'wasm' | Backend;

/** The backend and resident dtype that options ask for. */
export async function placementOf(options: {
  readonly backend?: BackendChoice;
  readonly dtype?: string;
  readonly threads?: number;
  readonly deterministic?: boolean;
}): Promise<Placement> {
  const { backend = 'wasm', dtype, threads, deterministic } = options;
  const resident = { f32: 'F32', f16: 'F16', bf16: 'BF16', int8: 'Q8', int4: 'Q4' } as const;
  if (!isKeyOf(resident, dtype)) {
    throw new OptionError(`"dtype" must be 'f32', 'f16', 'bf16', 'int8' or 'int4', got ${show(dtype)}`, { got: dtype });
  }
  if (deterministic !== undefined && typeof deterministic !== 'boolean')
    throw new OptionError(`"deterministic" must be true or false, got ${show(deterministic)}`);
  const residentDtype = dtype && resident[dtype];
  if (typeof backend === 'object') return { backend, dtype: residentDtype, ownsBackend: false };
  return {
    backend: await backendNamed(backend, { threads, deterministic }),
    dtype: residentDtype,
    ownsBackend: true,
  };
}

function isKeyOf<T extends object>(table: T, name: string | undefined): name is (keyof T & string) | undefined {
  return name === undefined || Object.hasOwn(table, name);
}

async function backendNamed(name: 'reference' | 'wasm', options: WasmOptions): Promise<Backend> {
  if (name === 'wasm') return createWasmBackend({ ...options, atOnce: true });
  const { threads = 1 } = options;
  if (name === 'reference' && threads === 1) return new ReferenceBackend(); // its bits are the same everywhere anyway
  if (name === 'reference') {
    throw new UnsupportedOptionError(
      `"threads" must be 1: the reference backend computes on one, got ${show(threads)}`,
      { got: threads, hint: "backend: 'wasm'" },
    );
  }
  throw new UnsupportedOptionError(`"backend" ${show(name)} is not offered by this version`, {
    got: name,
    hint: "'reference', 'wasm', or a backend: that of gpu.js is made by gpuBackend of batonlm/gpu",
  });
}
