import { StateError } from '../errors.ts';
import type { Backend } from './backend.ts';
import { type Dtype, type HostArray, isFloat } from './dtype.ts';
import { widen } from './floats.ts';
import { printTensor } from './print.ts';
import { type Shape, type Spec, sizeOf } from './shape.ts';

/** Numbers nested as deeply as the tensor has axes; I64 gives bigints, BOOL booleans. */
export type Nested = number | bigint | boolean | Nested[];

/**
 * An immutable, row-major array of numbers on a backend.
 *
 * Shapes    any rank, 0 included; an axis may be 0 long
 * Errors    StateError when used after `dispose`
 */
export class Tensor implements Spec {
  readonly backend: Backend;
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** Name of the weight this is, for messages. */
  readonly label?: string;
  #storage: unknown;
  #live = true;

  constructor(backend: Backend, storage: unknown, { dtype, shape, label }: Spec) {
    this.backend = backend;
    this.dtype = dtype;
    this.shape = shape.slice(); // not frozen: V8 takes frozen arrays apart slowly, and a token took a third longer
    if (label !== undefined) this.label = label;
    this.#storage = storage;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  get disposed(): boolean {
    return !this.#live;
  }

  /** What the backend made of it; for backends only. */
  get storage(): unknown {
    if (!this.#live) {
      throw new StateError(`tensor [${this.shape.join(', ')}] is used after it was disposed`, {
        where: this.label,
        hint: 'return it from its scope, or keep() it',
      });
    }
    return this.#storage;
  }

  /** The elements, row-major, as the typed array of the dtype (F16 and BF16 as their bits). A copy. */
  async read(): Promise<HostArray> {
    return this.backend.read(this.storage, this);
  }

  /** The elements as float32 numbers, whatever the float dtype. A copy. */
  async readFloats(): Promise<Float32Array> {
    return widen(await this.read(), this.dtype);
  }

  /** The elements in place, without a copy; never write to it. StateError where the backend's memory is elsewhere. */
  peek(): HostArray {
    const data = this.backend.peek(this.storage, this);
    if (data === undefined) {
      throw new StateError(`the numbers of a tensor on backend "${this.backend.info.name}" are not in this memory`, {
        hint: 'await tensor.read()',
      });
    }
    return data;
  }

  /** Nested arrays of numbers; of rank 0 the number itself. */
  toArray(): Nested {
    const data = this.peek();
    const values = isFloat(this.dtype) ? widen(data, this.dtype) : data;
    const level = (axis: number, offset: number): Nested => {
      if (axis === this.rank) return this.dtype === 'BOOL' ? values[offset] !== 0 : values[offset];
      const step = sizeOf(this.shape.slice(axis + 1));
      return Array.from({ length: this.shape[axis] }, (_, i) => level(axis + 1, offset + i * step));
    };
    return level(0, 0);
  }

  toString(): string {
    if (!this.#live) return `Tensor ${this.dtype} [${this.shape.join(', ')}] (disposed)`;
    return printTensor(this, this.backend.peek(this.#storage, this));
  }

  /** Frees the storage now. A second call does nothing. */
  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    this.backend.free(this.#storage);
    this.#storage = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
