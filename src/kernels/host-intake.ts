import type { Intake, Stored, Use } from '../tensor/backend.ts';
import { allocate, type HostArray } from '../tensor/dtype.ts';
import type { Scales } from '../tensor/op.ts';
import { type Spec, sizeOf } from '../tensor/shape.ts';
import { block, blocksOf, layoutOf, notQuantised, quantise, scalesOf } from './quantised.ts';

/** A weight in the arrays that the reference loops read. */
export interface HostWeight {
  readonly data: HostArray;
  readonly scales?: Scales;
}

/** Puts rows behind each other; rows to be quantised are, a piece at a time, since no block lies in two pieces. */
export class HostIntake<S> implements Intake<S> {
  readonly #spec: Spec;
  readonly #stored: Stored;
  readonly #data: HostArray;
  readonly #scales: Scales | undefined;
  readonly #claim: (weight: HostWeight) => S;
  #row = 0;

  constructor(spec: Spec, use: Use, stored: Stored, claim: (weight: HostWeight) => S) {
    this.#spec = spec;
    this.#stored = stored;
    this.#claim = claim;
    this.#data = allocate(spec.dtype, sizeOf(spec.shape));
    const layout = layoutOf(use);
    const [N, K] = layout === '[out, in]' ? spec.shape : [spec.shape[1], spec.shape[0]];
    if (stored.scales !== undefined) this.#scales = scalesOf(stored.scales, spec, layout);
    else if (spec.dtype === 'Q8') this.#scales = { values: new Float32Array(N * blocksOf(K)), layout };
  }

  add(rows: Uint8Array): void {
    const [data, scales, width] = [this.#data, this.#scales, this.#spec.shape[1]];
    if (scales !== undefined && this.#stored.scales === undefined) {
      this.#row += this.#quantise(new Float32Array(rows.slice().buffer), scales);
      return;
    }
    const rowBytes = width * data.BYTES_PER_ELEMENT;
    new Uint8Array(data.buffer).set(rows, this.#row * rowBytes);
    this.#row += rowBytes === 0 ? 0 : rows.length / rowBytes;
  }

  done(): S {
    const [data, scales] = [this.#data, this.#scales];
    if (this.#stored.scales !== undefined && scales !== undefined) this.#check(scales);
    return this.#claim({ data, scales });
  }

  drop(): void {} // the collector has it

  /** Rows of float32; answers how many. */
  #quantise(rows: Float32Array, { values, layout }: Scales): number {
    const [data, [height, width]] = [this.#data, this.#spec.shape];
    const count = width === 0 ? height : rows.length / width;
    const part = quantise(rows, { ...this.#spec, shape: [count, width] }, layout);
    if (data instanceof Int8Array) data.set(part.data, this.#row * width);
    if (layout === '[out, in]') values.set(part.scales.values, this.#row * blocksOf(width));
    else {
      const [all, own] = [blocksOf(height), blocksOf(count)];
      for (let n = 0; n < width; n++) {
        values.set(part.scales.values.subarray(n * own, (n + 1) * own), n * all + this.#row / block);
      }
    }
    return count;
  }

  #check({ values, layout }: Scales): void {
    const [data, spec] = [this.#data, this.#spec];
    const [height, width] = spec.shape;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const [n, k, K] = layout === '[out, in]' ? [i, j, width] : [j, i, height];
        const q = Number(data[i * width + j]);
        if (q === -128 || (q !== 0 && values[n * blocksOf(K) + Math.floor(k / block)] === 0)) throw notQuantised(spec);
      }
    }
  }
}
