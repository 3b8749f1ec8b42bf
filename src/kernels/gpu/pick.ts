import type { Block, Values, View } from './block.ts';
import type { Desk, GpuKernel } from './desk.ts';
import { colsOf, type Placed, rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/**
 * The k best of every row, two launches each: the best of every stretch of about √n columns, then the best of those. What
 * was taken before is passed over by rank: a lower value, or an equal one further right.
 *
 * Shapes    x [R n] → indices [R k]
 * Numerics  exact comparisons; NaN is not looked for
 */
function best(desk: Desk, x: Placed, k: number): Block {
  const [n, R] = [colsOf(x.shape), rowsOf(x.shape)];
  const seen = desk.see(x);
  const stretch = Math.ceil(Math.sqrt(n));
  const stretches = Math.ceil(n / stretch);
  let taken: Block | undefined;
  for (let p = 0; p < k; p++) {
    const last = taken === undefined ? '' : `const li = taken[${row}][p - 1]; const lv = x[${row}][li];`;
    const ranked = taken === undefined ? '' : 'if (v < lv || (v == lv && j > li)) ';
    const winner = `if (at < 0 || v > m) { m = v; at = j; }`;
    const behind: (View | Values | number)[] = taken === undefined ? [] : [{ block: taken, cols: k }, p];
    const candidates = desk.launch({
      source: `function (x${taken === undefined ? '' : ', taken, p'}) { ${last} let m = 0; let at = 0 - 1;
        for (let i = 0; i < ${stretch}; i++) {
          const j = ${column} * ${stretch} + i;
          if (j < ${n}) { const v = x[${row}][j]; ${ranked}{ ${winner} } }
        }
        return at; }`,
      cols: stretches,
      rows: R,
      args: [seen, ...behind],
    });
    const kept = taken === undefined ? '' : `if (${column} < p) { at = taken[${row}][${column}]; }`;
    taken = desk.launch({
      source: `function (x, candidates${taken === undefined ? '' : ', taken, p'}) { let m = 0; let at = 0 - 1;
        for (let i = 0; i < ${stretches}; i++) {
          const j = candidates[${row}][i];
          if (j >= 0) { const v = x[${row}][j]; ${winner} }
        }
        ${kept} return at; }`,
      cols: k,
      rows: R,
      args: [seen, { block: candidates, cols: stretches }, ...behind],
    });
  }
  return taken ?? desk.launch({ source: 'function () { return 0; }', cols: 1, rows: R, args: [] });
}

export const topK: GpuKernel<{ readonly k: number }> = (desk, [x], { k }, [values, indices]) => {
  if (x === undefined) return [];
  const at = best(desk, x, k);
  const source = `function (x, at) { return x[${row}][at[${row}][${column}]]; }`;
  const found = desk.launch({ source, cols: k, rows: rowsOf(x.shape), args: [desk.see(x), { block: at, cols: k }] });
  return [desk.store(found, values), desk.store(at, indices)];
};

export const argmax: GpuKernel<undefined> = (desk, [x], _attrs, [y]) =>
  x === undefined ? [] : [desk.store(best(desk, x, 1), y)];
