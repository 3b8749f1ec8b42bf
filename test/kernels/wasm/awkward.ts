/** Rows that are hard to quantise: outliers, constants, zeros, numbers that all but vanish. */

/** Numbers from 0 to 1, the same for every seed. */
export function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A matrix whose rows are each of a kind of their own. */
export function awkward(next: () => number, rows: number, columns: number, huge = 1e30): Float32Array {
  const all = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const kind = Math.floor(next() * 8);
    const size = kind === 0 ? 0 : kind === 1 ? 2 ** -140 : kind === 2 ? 2 ** -125 : kind === 3 ? huge : 4 * next();
    const constant = kind === 4 ? next() - 0.5 : undefined;
    const shift = kind === 5 ? 3 : 0;
    const outlier = kind === 6 ? Math.floor(next() * columns) : -1;
    for (let c = 0; c < columns; c++) {
      const value = constant ?? (next() * 2 - 1) * size + shift;
      all[r * columns + c] = kind === 7 ? Math.max(0, value) : c === outlier ? value * 60 : value;
    }
  }
  return all;
}
