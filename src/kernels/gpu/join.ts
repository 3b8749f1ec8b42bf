import type { Block, Values, View } from './block.ts';
import type { Desk } from './desk.ts';
import { column, row } from './unfold.ts';

export interface Part {
  readonly block: Block;
  readonly cols: number;
}

/** Blocks of equal height side by side; one alone is the result itself. */
export function joinColumns(desk: Desk, parts: readonly Part[], rows: number): Block {
  return parts.reduce((left, right) => {
    const cols = left.cols + right.cols;
    const views = [left, right].map(({ block, cols: width }): View | Values => ({ block, cols: width }));
    // Both are read, so both indices must lie inside: the modes on the host do not check them.
    const source = `function (a, b) {
      const i = Math.floor(${column} + 0.5);
      const ai = Math.min(i, ${left.cols - 1});
      const bi = Math.max(i - ${left.cols}, 0);
      let v = a[${row}][ai];
      if (i >= ${left.cols}) { v = b[${row}][bi]; }
      return v; }`;
    return { block: desk.launch({ source, cols, rows, args: views }), cols };
  }).block;
}
