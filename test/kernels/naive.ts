/**
 * Every op once more, as the equation stands: float64, nothing clever, each operation counted as it is made.
 * Rows come in and go out as plain arrays. The oracle of values and of costs.
 */
export class Naive {
  flops = 0;

  add = (a: number, b: number): number => this.#count(a + b);
  sub = (a: number, b: number): number => this.#count(a - b);
  mul = (a: number, b: number): number => this.#count(a * b);
  div = (a: number, b: number): number => this.#count(a / b);
  exp = (a: number): number => this.#count(Math.exp(a));
  log = (a: number): number => this.#count(Math.log(a));
  log1p = (a: number): number => this.#count(Math.log1p(a));
  tanh = (a: number): number => this.#count(Math.tanh(a));
  sqrt = (a: number): number => this.#count(Math.sqrt(a));

  #count(result: number): number {
    this.flops++;
    return result;
  }

  sum(xs: readonly number[]): number {
    return xs.reduce((total, x) => this.add(total, x), 0);
  }

  dot(a: readonly number[], b: readonly number[]): number {
    return a.reduce((total, x, i) => this.add(total, this.mul(x, b[i])), 0);
  }

  /** rows of a × columns of b */
  matmul(a: readonly number[][], b: readonly number[][]): number[][] {
    const columns = (b[0] ?? []).map((_, n) => b.map((line) => line[n]));
    return a.map((row) => columns.map((column) => this.dot(row, column)));
  }

  /** scale·x + bias where allowed, then the softmax of what is left */
  softmax(x: readonly number[], scale: number, bias?: readonly number[], allowed?: readonly boolean[]): number[] {
    const scores = x.map((v, i) => {
      const scaled = this.mul(scale, v);
      const biased = bias === undefined ? scaled : this.add(scaled, bias[i]);
      return allowed === undefined || allowed[i] ? biased : -Infinity;
    });
    const max = Math.max(...scores);
    const weights = scores.map((s) => this.exp(this.sub(s, max)));
    const total = this.sum(weights);
    return weights.map((w) => this.div(w, total));
  }

  logSoftmax(x: readonly number[]): number[] {
    const max = Math.max(...x);
    const log = this.log(this.sum(x.map((v) => this.exp(this.sub(v, max)))));
    return x.map((v) => this.sub(this.sub(v, max), log));
  }

  crossEntropyRow(x: readonly number[], label: number): number {
    const max = Math.max(...x);
    const log = this.log(this.sum(x.map((v) => this.exp(this.sub(v, max)))));
    return this.sub(log, this.sub(x[label], max));
  }

  normScale(x: readonly number[], eps: number, centred: boolean): number {
    const mean = centred ? this.div(this.sum(x), x.length) : undefined;
    const centredRow = mean === undefined ? x : x.map((v) => this.sub(v, mean));
    return this.sqrt(this.add(this.div(this.sum(centredRow.map((v) => this.mul(v, v))), x.length), eps));
  }

  layerNorm(x: readonly number[], gain: readonly number[], shift: readonly number[], eps: number): number[] {
    const mean = this.div(this.sum(x), x.length);
    const squares = x.map((v) => {
      const centred = this.sub(v, mean);
      return this.mul(centred, centred);
    });
    const root = this.sqrt(this.add(this.div(this.sum(squares), x.length), eps));
    return x.map((v, i) => this.add(this.mul(this.div(this.sub(v, mean), root), gain[i]), shift[i]));
  }

  rmsNorm(x: readonly number[], gain: readonly number[], eps: number): number[] {
    const root = this.normScale(x, eps, false);
    return x.map((v, i) => this.mul(this.div(v, root), gain[i]));
  }
}

/** A flat array cut into rows of n. */
export function cut(data: ArrayLike<number>, n: number): number[][] {
  const flat = Array.from(data);
  return Array.from({ length: flat.length / n }, (_, row) => flat.slice(row * n, (row + 1) * n));
}
