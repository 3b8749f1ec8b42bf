import { widen } from '../tensor/floats.ts';
import type { Host } from '../tensor/op.ts';

/** Columns of a panel: eight sums fit into registers. */
export const panelWidth = 8;

/** Up to eight columns of a matrix W [K N], placed so that a row can be multiplied with all of them at once. */
export class Panel {
  readonly #K: number;
  readonly #starts = new Int32Array(panelWidth);
  #data: Float32Array = new Float32Array(0);
  #step = 1;

  constructor(K: number) {
    this.#K = K;
  }

  /**
   * Takes the columns n … n + width, where W(k, n) is element `at + k·kStep + n·nStep`. Float32 is used where it lies;
   * halves are gathered, and only these columns widened.
   */
  load({ data, dtype }: Host, at: number, n: number, width: number, kStep: number, nStep: number): void {
    const from = at + n * nStep;
    // A column that isn't there repeats the first one; nobody asks for its sum.
    const column = (t: number) => (t < width ? t : 0);
    if (data instanceof Float32Array) {
      this.#data = data;
      this.#step = kStep;
      for (let t = 0; t < panelWidth; t++) this.#starts[t] = from + column(t) * nStep;
    } else if (data instanceof Uint16Array) {
      const halves = new Uint16Array(this.#K * width);
      for (let k = 0, i = 0; k < this.#K; k++) {
        for (let t = 0; t < width; t++, i++) halves[i] = data[from + k * kStep + t * nStep];
      }
      this.#data = widen(halves, dtype);
      this.#step = width;
      for (let t = 0; t < panelWidth; t++) this.#starts[t] = column(t);
    }
  }

  /**
   * One row times every column: sums[t] = Σₖ a[at + k·step] · W(k, n + t).
   *
   * Every sum is one float64 chain over k ascending from 0: it does not depend on the rows and columns beside it.
   */
  multiply(a: Float32Array, at: number, step: number, sums: Float64Array): void {
    const [K, w, wStep] = [this.#K, this.#data, this.#step];
    const [c0, c1, c2, c3, c4, c5, c6, c7] = this.#starts;
    let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let k = 0, i = at, p = 0; k < K; k++, i += step, p += wStep) {
      const v = a[i];
      s0 += v * w[c0 + p];
      s1 += v * w[c1 + p];
      s2 += v * w[c2 + p];
      s3 += v * w[c3 + p];
      s4 += v * w[c4 + p];
      s5 += v * w[c5 + p];
      s6 += v * w[c6 + p];
      s7 += v * w[c7 + p];
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
    sums[4] = s4;
    sums[5] = s5;
    sums[6] = s6;
    sums[7] = s7;
  }
}
