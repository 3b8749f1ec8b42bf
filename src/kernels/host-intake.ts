import type { Intake, Stored, Use } from '../tensor/backend.ts';
import { allocate, type HostArray } from '../tensor/dtype.ts';
import type { Scales } from '../tensor/op.ts';
import { type Spec, sizeOf } from '../tensor/shape.ts';
import { blocksOf, codings } from './codings.ts';
import type { Layout } from './linear.ts';
import { isQuantisedSpec, layoutOf, type QuantisedSpec, quantise, sidesOf } from './quantised.ts';
import { notQuantised, outOfPairs, scalesOf } from './stored-quantised.ts';

/** A weight in the arrays that the reference loops read. */
export interface HostWeight {
  readonly data: HostArray;
  readonly scales?: Scales;
}

type Claim<S> = (weight: HostWeight) => S;

/** Takes rows as the reference keeps them. */
export function hostIntake<S>(spec: Spec, use: Use, stored: Stored, claim: Claim<S>): Intake<S> {
  if (!isQuantisedSpec(spec)) return new FloatIntake(spec, claim);
  const layout = layoutOf(use);
  if (stored.scales === undefined) return new QuantisingIntake(spec, layout, claim);
  return new QuantisedIntake(spec, scalesOf(stored.scales, spec, layout), stored, claim);
}

/** Puts rows behind each other. */
class FloatIntake<S> implements Intake<S> {
  readonly #data: HostArray;
  readonly #claim: Claim<S>;
  #at = 0;

  constructor({ dtype, shape }: Spec, claim: Claim<S>) {
    this.#data = allocate(dtype, sizeOf(shape));
    this.#claim = claim;
  }

  add(rows: Uint8Array): void {
    new Uint8Array(this.#data.buffer).set(rows, this.#at);
    this.#at += rows.length;
  }

  done(): S {
    return this.#claim({ data: this.#data });
  }

  drop(): void {} // the collector has it
}

/** Quantises rows of float32 a piece at a time, since no block lies in two pieces. */
class QuantisingIntake<S> implements Intake<S> {
  readonly #spec: QuantisedSpec;
  readonly #data: Int8Array;
  readonly #scales: Scales;
  readonly #claim: Claim<S>;
  #row = 0;

  constructor(spec: QuantisedSpec, layout: Layout, claim: Claim<S>) {
    const { N, K } = sidesOf(spec.shape, layout);
    const { block } = codings[spec.dtype];
    this.#spec = spec;
    this.#claim = claim;
    this.#data = new Int8Array(sizeOf(spec.shape));
    this.#scales = { values: new Float32Array(N * blocksOf(K, block)), layout, block };
  }

  add(bytes: Uint8Array): void {
    const [rows, [height, width]] = [new Float32Array(bytes.slice().buffer), this.#spec.shape];
    const { values, layout, block } = this.#scales;
    const count = width === 0 ? height : rows.length / width;
    const part = quantise(rows, { ...this.#spec, shape: [count, width] }, layout);
    this.#data.set(part.data, this.#row * width);
    if (layout === '[out, in]') values.set(part.scales.values, this.#row * blocksOf(width, block));
    else {
      const [all, own] = [blocksOf(height, block), blocksOf(count, block)];
      for (let n = 0; n < width; n++) {
        values.set(part.scales.values.subarray(n * own, (n + 1) * own), n * all + this.#row / block);
      }
    }
    this.#row += count;
  }

  done(): S {
    return this.#claim({ data: this.#data, scales: this.#scales });
  }

  drop(): void {}
}

/** Puts rows of whole numbers behind each other, and sees to it that they are such as quantising gives. */
class QuantisedIntake<S> implements Intake<S> {
  readonly #spec: QuantisedSpec;
  readonly #stored: Stored['dtype'];
  readonly #data: Int8Array;
  readonly #scales: Scales;
  readonly #claim: Claim<S>;
  #at = 0;

  constructor(spec: QuantisedSpec, scales: Scales, { dtype }: Stored, claim: Claim<S>) {
    this.#spec = spec;
    this.#stored = dtype;
    this.#scales = scales;
    this.#claim = claim;
    this.#data = new Int8Array(sizeOf(spec.shape));
  }

  add(rows: Uint8Array): void {
    const data = this.#stored === 'U4' ? outOfPairs(rows, this.#spec.shape[1]) : new Int8Array(rows);
    this.#data.set(data, this.#at);
    this.#at += data.length;
  }

  done(): S {
    this.#check();
    return this.#claim({ data: this.#data, scales: this.#scales });
  }

  drop(): void {}

  #check(): void {
    const [data, spec, { values, layout, block }] = [this.#data, this.#spec, this.#scales];
    const { least } = codings[spec.dtype];
    const [height, width] = spec.shape;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const [n, k, K] = layout === '[out, in]' ? [i, j, width] : [j, i, height];
        const q = data[i * width + j];
        const scale = values[n * blocksOf(K, block) + Math.floor(k / block)];
        if (q < least || (q !== 0 && scale === 0)) throw notQuantised(spec);
      }
    }
  }
}
