import type { Block } from './block.ts';
import type { Desk, GpuKernel } from './desk.ts';
import { lowest } from './softmax.ts';
import { colsOf, type Placed, rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/** Columns from which on a row is shared out among several threads. */
const long = 1024;

/** The largest entry of every row, and the logarithm of Σ exp(x − largest), each [rows 1]. */
export function logSumExp(desk: Desk, x: Placed): { readonly max: Block; readonly log: Block } {
  const max = folded(desk, x, {
    start: lowest,
    step: (v) => `s = Math.max(s, ${v});`,
    join: (v) => `s = Math.max(s, ${v});`,
  });
  const log = folded(desk, x, {
    start: '0',
    step: (v) => `s = s + Math.exp(${v} - max[${row}][0]);`,
    join: (v) => `s = s + ${v};`,
    end: 'Math.log(s)',
    max,
  });
  return { max, log };
}

interface Fold {
  readonly start: string;
  /** Takes an element in. */
  readonly step: (value: string) => string;
  /** Takes in what a stretch gave. */
  readonly join: (value: string) => string;
  readonly end?: string;
  readonly max?: Block;
}

/** One number a row; of a long row first one a stretch. */
function folded(desk: Desk, x: Placed, { start, step, join, end = 's', max }: Fold): Block {
  const [n, rows] = [colsOf(x.shape), rowsOf(x.shape)];
  const stretch = n > long ? Math.ceil(Math.sqrt(n)) : n;
  const stretches = Math.ceil(n / stretch);
  const inside =
    stretches === 1
      ? step(`x[${row}][i]`)
      : `const j = ${column} * ${stretch} + i; if (j < ${n}) { ${step(`x[${row}][j]`)} }`;
  const parts = desk.launch({
    source: `function (x${max ? ', max' : ''}) { let s = ${start}; for (let i = 0; i < ${stretch}; i++) { ${inside} } return ${stretches === 1 ? end : 's'}; }`,
    cols: stretches,
    rows,
    args: [desk.see(x), ...(max ? [{ block: max, cols: 1 }] : [])],
  });
  if (stretches === 1) return parts;
  return desk.launch({
    source: `function (parts) { let s = ${start}; for (let i = 0; i < ${stretches}; i++) { ${join(`parts[${row}][i]`)} } return ${end}; }`,
    cols: 1,
    rows,
    args: [{ block: parts, cols: stretches }],
  });
}

export const logSoftmax: GpuKernel<undefined> = (desk, [x], _attrs, [y]) => {
  if (x === undefined) return [];
  const { max, log } = logSumExp(desk, x);
  const source = `function (x, max, log) { return x[${row}][${column}] - max[${row}][0] - log[${row}][0]; }`;
  const args = [desk.see(x), { block: max, cols: 1 }, { block: log, cols: 1 }];
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: rowsOf(y.shape), args }), y)];
};
