import {
  nearestNames,
  type Observer,
  OptionError,
  show,
  type Tensor,
  type TensorToWrite,
} from '../../src/index.node.ts';

/** Keeps a copy of every tap whose name one of the globs matches; `*` stands for anything, dots too. */
export class Recorder implements Observer {
  readonly #globs: readonly { readonly glob: string; readonly pattern: RegExp }[];
  readonly #seen = new Set<string>();
  readonly #taken = new Map<string, Promise<TensorToWrite>>();

  constructor(globs: readonly string[]) {
    this.#globs = globs.map((glob) => ({ glob, pattern: patternOf(glob) }));
  }

  tap(name: string, value: Tensor): undefined {
    this.#seen.add(name);
    if (this.#globs.some(({ pattern }) => pattern.test(name))) this.#taken.set(name, copyOf(name, value));
  }

  wants(name: string): boolean {
    this.#seen.add(name);
    return this.#globs.some(({ pattern }) => pattern.test(name));
  }

  /** What was kept, as F32. OptionError for a glob that matched nothing, with the nearest taps there were. */
  async taken(): Promise<TensorToWrite[]> {
    for (const { glob, pattern } of this.#globs) {
      if ([...this.#taken.keys()].some((name) => pattern.test(name))) continue;
      throw new OptionError(`there is no tap ${show(glob)} in this pass`, {
        op: 'taps',
        nearest: nearestNames(glob, this.#seen),
        hint: this.#nearestHint(),
      });
    }
    return Promise.all(this.#taken.values());
  }

  #nearestHint(): string {
    const parts = new Set([...this.#seen].map((name) => `${name.split('.')[0]}.*`));
    return `there are ${[...parts].join(', ')}`;
  }
}

function patternOf(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

/** The numbers as they are now: the tensor itself is gone when its scope ends. */
async function copyOf(name: string, value: Tensor): Promise<TensorToWrite> {
  const floats = value.dtype === 'F32' || value.dtype === 'F16' || value.dtype === 'BF16';
  const data = floats ? await value.readFloats() : Float32Array.from(await value.read(), Number);
  return { name, dtype: 'F32', shape: value.shape, data };
}
