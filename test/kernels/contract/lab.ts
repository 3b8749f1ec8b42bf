import { describe, expect } from 'vitest';
import type { Backend } from '../../../src/tensor/backend.ts';
import type { HostArray } from '../../../src/tensor/dtype.ts';
import { widen } from '../../../src/tensor/floats.ts';
import { scope, track } from '../../../src/tensor/scope.ts';
import type { Shape } from '../../../src/tensor/shape.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import type { Plain } from '../../arbitraries.ts';
import { type Bound, u } from '../../close.ts';

/** How a backend computes inside an op: float64 rounds once at the end, float32 after every operation. */
export type Arithmetic = 'float64' | 'float32';

/** What a backend cannot do, each with its reason: the tests of it are skipped under that. */
export interface Without {
  /** NaN and ±∞ in numbers that were computed are not looked for. */
  readonly notFinite?: string;
  /** The bits of a NaN are not kept. */
  readonly payloads?: string;
  /** Numbers below 2⁻¹²⁶ become 0. */
  readonly subnormals?: string;
  /** 0 + x is taken for x: a sum of nothing but −0 is −0. */
  readonly zeros?: string;
}

/** Tests that some backends skip; the title of the group is then why. */
export function unless(why: string | undefined, title: string, tests: () => void): void {
  if (why === undefined) describe(title, tests);
  else describe.skip(why, tests);
}

/** A backend under test, and what it takes to ask it for numbers. */
export class Lab {
  readonly backend: Backend;
  readonly arithmetic: Arithmetic;

  constructor(backend: Backend, arithmetic: Arithmetic) {
    this.backend = backend;
    this.arithmetic = arithmetic;
  }

  of({ shape, data }: { readonly shape: Shape; readonly data: Float32Array }): Tensor {
    return this.#upload(data.slice(), { dtype: 'F32', shape });
  }

  floats(shape: Shape, values: ArrayLike<number>): Tensor {
    return this.of({ shape, data: Float32Array.from(values) });
  }

  ints(shape: Shape, values: ArrayLike<number>): Tensor {
    return this.#upload(Int32Array.from(values), { dtype: 'I32', shape });
  }

  mask(shape: Shape, values: ArrayLike<number>): Tensor {
    return this.#upload(Uint8Array.from(values), { dtype: 'U8', shape });
  }

  /** Runs `fn`, reads what it returns, frees everything. Floats come as float32. */
  async all(fn: () => readonly Tensor[]): Promise<HostArray[]> {
    const tensors = scope(fn);
    const arrays: HostArray[] = [];
    for (const t of tensors) {
      const data = await t.read();
      arrays.push(data instanceof Uint16Array ? widen(data, t.dtype) : data);
      t.dispose();
    }
    return arrays;
  }

  /** The numbers of one float tensor. */
  async run(fn: () => Tensor): Promise<Float32Array> {
    const [data] = await this.all(() => [fn()]);
    if (data instanceof Float32Array) return data;
    throw new Error(`expected floats, got ${data.constructor.name}`);
  }

  /** Numbers of one integer tensor. */
  async runInts(fn: () => Tensor): Promise<number[]> {
    const [data] = await this.all(() => [fn()]);
    return Array.from(data, Number);
  }

  /**
   * Error bound of results whose exact values are `want`: the final rounding, and for each the rounding of `steps`
   * operations on terms whose absolute values add up to `magnitude`.
   */
  bound(want: ArrayLike<number>, steps: number, magnitude: (index: number) => number): Bound {
    const inside = this.arithmetic === 'float64' ? 2 ** -52 : u;
    return (i) => u * Math.abs(want[i]) + 2 ** -150 + steps * inside * magnitude(i);
  }

  #upload(data: HostArray, spec: { dtype: 'F32' | 'I32' | 'U8'; shape: Shape }): Tensor {
    return track(new Tensor(this.backend, this.backend.upload(data, spec, 'activation'), spec));
  }
}

/** How whole numbers are compared: bit for bit, or with −0 as 0 where the signs of zeros are not kept. */
export function exactly({ zeros }: Without): (got: Float32Array, want: Float32Array) => void {
  const seen = (values: Float32Array) => (zeros === undefined ? values : values.map((x) => x + 0));
  return (got, want) => expect(seen(got)).toEqual(seen(want));
}

/** Rows `indices` of a plain matrix. */
export function rowsOf({ shape, data }: Plain, indices: readonly number[]): Plain {
  const width = data.length / shape[0];
  const picked = new Float32Array(indices.length * width);
  for (const [i, row] of indices.entries()) picked.set(data.subarray(row * width, (row + 1) * width), i * width);
  return { shape: [indices.length, ...shape.slice(1)], data: picked };
}

/** Every element multiplied: exact where the factor is a power of two. */
export function times({ shape, data }: Plain, factor: number): Plain {
  return { shape, data: data.map((x) => x * factor) };
}
