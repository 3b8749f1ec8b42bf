/** Columns of a panel: eight sums fit into registers. */
export const panelWidth = 8;

/**
 * One row of a product with a panel of eight columns: sums[t] = Σₖ a[at + k·step] · panel[k][t].
 *
 * Every sum is one chain over k ascending from 0: no result depends on how many rows or columns there are beside it.
 */
export function rowTimesPanel(
  a: Float32Array,
  at: number,
  step: number,
  panel: Float64Array,
  K: number,
  sums: Float64Array,
): void {
  let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0, i = at, p = 0; k < K; k++, i += step, p += panelWidth) {
    const v = a[i];
    s0 += v * panel[p];
    s1 += v * panel[p + 1];
    s2 += v * panel[p + 2];
    s3 += v * panel[p + 3];
    s4 += v * panel[p + 4];
    s5 += v * panel[p + 5];
    s6 += v * panel[p + 6];
    s7 += v * panel[p + 7];
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
