import { sizeOf } from '../../tensor/shape.ts';
import type { Layout } from '../linear.ts';
import type { Values, View } from './block.ts';
import type { Desk, GpuKernel } from './desk.ts';
import { joinColumns } from './join.ts';
import { colsOf, type Placed, rowsOf } from './storage.ts';
import { column, row } from './unfold.ts';

/**
 * Every output is one float32 chain over k ascending, so that a row does not depend on the rows beside it. Neighbouring
 * threads read neighbouring numbers of a weight that lies [in, out].
 */
export const linear: GpuKernel<{ readonly layout: Layout }> = (desk, [x, weight, bias], { layout }, [y]) => {
  if (x === undefined || weight === undefined) return [];
  const order = weight.storage.transposed ? flipped[layout] : layout;
  const K = colsOf(x.shape);
  const rows = rowsOf(y.shape);
  const parts = piecesOf(desk, weight, order, K).map(({ piece, cols, begin }) => {
    const { quads: ways, limits } = desk.launcher.device;
    const fit = rows >= 8 && cols % 4 === 0 && Math.max(cols / 4, rows) <= limits.side;
    if (ways !== undefined && order === '[in, out]' && fit) {
      const fours = ways === 'given and read' && 'block' in piece && piece.block.resident;
      const args = [desk.see(x), fours ? { ...piece, fours } : piece, ...(bias === undefined ? [] : [desk.see(bias)])];
      const source = quads(K, fours, bias !== undefined);
      return { block: desk.launch({ source, cols, rows, args, quads: true }), cols };
    }
    const value = (k: string) =>
      `x[${row}][${k}] * w[${order === '[in, out]' ? `${k}][${column}` : `${column}][${k}`}]`;
    const addBias = bias === undefined ? '' : ` + b[0][${column}${begin === 0 ? '' : ` + ${begin}`}]`;
    const source = `function (x, w${bias === undefined ? '' : ', b'}) { ${chain(K, value)} return s${addBias}; }`;
    const args = [desk.see(x), piece, ...(bias === undefined ? [] : [desk.see(bias)])];
    return { block: desk.launch({ source, cols, rows, args, rowwise: true }), cols };
  });
  return [desk.store(joinColumns(desk, parts, rows), y)];
};

/** Four neighbouring outputs a thread, which read their number of x once. Worth it where there are threads enough. */
function quads(K: number, fours: boolean, bias: boolean): string {
  const four = (text: (t: number) => string, separator = ' ') => [0, 1, 2, 3].map(text).join(separator);
  const term = (
    k: string,
    name: string,
  ) => `const v${name} = x[${row}][${k}]; ${fours ? `const q${name} = w[${k}][${column}]; ` : ''}
    ${four((t) => `s${t} = s${t} + v${name} * ${fours ? `q${name}[${t}]` : `w[${k}][c + ${t}]`};`)}`;
  const rounds = Math.floor(K / 4);
  const rest = Array.from({ length: K % 4 }, (_, i) => term(String(4 * rounds + i), `r${i}`));
  return `function (x, w${bias ? ', b' : ''}) {
    const c = ${column} * 4;
    ${four((t) => `let s${t} = 0;`)}
    for (let i = 0; i < ${rounds}; i++) { const k = i * 4; ${four((t) => term(t === 0 ? 'k' : `k + ${t}`, `a${t}`))} }
    ${rest.join(' ')}
    return [${four((t) => (bias ? `s${t} + b[0][c + ${t}]` : `s${t}`), ', ')}]; }`;
}

/** Statements that leave Σₖ value(k) in s: one chain, some steps a round. */
export function chain(K: number, value: (k: string) => string): string {
  const step = K >= 8 ? 4 : 1;
  const rounds = Math.floor(K / step);
  const inside = Array.from(
    { length: step },
    (_, i) => `s = s + ${value(step === 1 ? 'i' : i === 0 ? 'k' : `k + ${i}`)};`,
  );
  const head = step === 1 ? '' : `const k = i * ${step}; `;
  const rest = Array.from({ length: K - rounds * step }, (_, i) => `s = s + ${value(String(rounds * step + i))};`);
  return `let s = 0; for (let i = 0; i < ${rounds}; i++) { ${head}${inside.join(' ')} } ${rest.join(' ')}`;
}

/** The blocks of a weight, each with its share of the outputs. */
function piecesOf(desk: Desk, weight: Placed, order: Layout, K: number): Piece[] {
  const { blocks, transposed } = weight.storage;
  const N = sizeOf(weight.shape) / Math.max(1, K);
  if (blocks.length <= 1 || order === '[in, out]') {
    const piece = transposed ? { block: blocks[0], cols: order === '[in, out]' ? N : K } : desk.see(weight);
    return [{ piece, cols: N, begin: 0 }];
  }
  let begin = 0;
  return blocks.map((block) => {
    const cols = block.elements / K;
    begin += cols;
    return { piece: { block, cols: K }, cols, begin: begin - cols };
  });
}

interface Piece {
  readonly piece: View | Values;
  readonly cols: number;
  readonly begin: number;
}

const flipped = { '[out, in]': '[in, out]', '[in, out]': '[out, in]' } as const;
