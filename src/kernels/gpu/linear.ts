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
    const { quads, readsFours, limits } = desk.launcher.device;
    const fours = readsFours && 'block' in piece && piece.block.resident;
    const w = (k: string, c = column) => `w[${order === '[in, out]' ? `${k}][${c}` : `${c}][${k}`}]`;
    const start = begin === 0 ? '' : ` + ${begin}`;
    const args = [desk.see(x), piece, ...(bias === undefined ? [] : [desk.see(bias)])];
    const named = (body: string) => `function (x, w${bias === undefined ? '' : ', b'}) { ${body} }`;
    const plus = (c: string) => (bias === undefined ? '' : ` + b[0][${c}${start}]`);
    if (quads === 'rows' && rows > 1) {
      const [shared, each] = [(k: string) => w(k), (k: string, t: number) => `x[r + ${t}][${k}]`];
      const source = named(
        `const r = ${row} * 4; ${fourChains(K, shared, each)} return ${four((t) => `s${t}${plus(column)}`)};`,
      );
      return { block: desk.launch({ source, cols, rows, args, quads }), cols };
    }
    const fit = rows >= 8 && cols % 4 === 0 && Math.max(cols / 4, rows) <= limits.side;
    if (quads === 'columns' && order === '[in, out]' && fit) {
      const [shared, each] = [(k: string) => `x[${row}][${k}]`, (k: string, t: number) => w(k, `c + ${t}`)];
      const chains = fourChains(K, shared, each, fours ? w : undefined);
      const source = named(`const c = ${column} * 4; ${chains} return ${four((t) => `s${t}${plus(`c + ${t}`)}`)};`);
      args[1] = fours ? { ...piece, fours } : piece;
      return { block: desk.launch({ source, cols, rows, args, quads }), cols };
    }
    const source = named(`${chain(K, (k) => `x[${row}][${k}] * ${w(k)}`)} return s${plus(column)};`);
    return { block: desk.launch({ source, cols, rows, args }), cols };
  });
  return [desk.store(joinColumns(desk, parts, rows), y)];
};

const four = (text: (t: number) => string): string => `[${[0, 1, 2, 3].map(text).join(', ')}]`;

/**
 * Statements that leave Σₖ shared(k)·each(k, t) in s0 … s3: each a chain as below, and what they share is read once. `quad(k)`
 * is an array of the four in place of `each`.
 */
function fourChains(
  K: number,
  shared: (k: string) => string,
  each: (k: string, t: number) => string,
  quad?: (k: string) => string,
): string {
  const all = (text: (t: number) => string) => [0, 1, 2, 3].map(text).join(' ');
  const term = (k: string, name: string) => `const v${name} = ${shared(k)};
    ${quad === undefined ? '' : `const q${name} = ${quad(k)};`}
    ${all((t) => `s${t} = s${t} + v${name} * ${quad === undefined ? each(k, t) : `q${name}[${t}]`};`)}`;
  const rounds = Math.floor(K / 4);
  const rest = Array.from({ length: K % 4 }, (_, i) => term(String(4 * rounds + i), `r${i}`));
  return `${all((t) => `let s${t} = 0;`)}
    for (let i = 0; i < ${rounds}; i++) { const k = i * 4; ${all((t) => term(t === 0 ? 'k' : `k + ${t}`, `a${t}`))} }
    ${rest.join(' ')}`;
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
