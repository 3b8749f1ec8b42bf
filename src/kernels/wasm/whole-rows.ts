import { blocksOf, codings } from '../codings.ts';
import type { Machine } from './machine.ts';
import { products } from './pack.ts';
import { outputBytes, type Packed } from './storage.ts';

/** Rows of a weight on their way into panels of whole numbers. */
export interface WholeRows {
  /** Where they lie: float32, or whole numbers as a file has them. */
  readonly from: number;
  readonly count: number;
  /** Number of the first one, a multiple of 64. */
  readonly row: number;
  /** Scales of the whole weight, of whole numbers; undefined: floats to be quantised. */
  readonly scales: number | undefined;
  /** The panels. */
  readonly to: number;
}

/** Puts rows into panels, in all threads; false where they hold what quantising cannot take, or give. */
export function takeWholeRows(m: Machine, packed: Packed, rows: WholeRows): boolean {
  const bad = m.clearVerdict();
  if (packed.kind === 'int8') takeInt8(m, packed, rows, bad);
  else takeInt4(m, packed, rows, bad);
  return m.verdict[0] === 0;
}

function takeInt8(
  m: Machine,
  { N, K, layout }: Packed,
  { from, count, row, scales, to }: WholeRows,
  bad: number,
): void {
  const { block } = codings.Q8;
  if (layout === '[out, in]') {
    const [work, panel] = [products * count * K, to + row * outputBytes(K, 'int8')];
    if (scales === undefined) m.divide(work, 'quantiseRows', from, panel, count, K, bad);
    else m.divide(work, 'placeRows', from, scales + 2 * row * blocksOf(K, block), panel, count, K, bad);
  } else {
    const work = products * count * N;
    if (scales === undefined) m.divide(work, 'quantiseColumns', from, to, count, N, K, row, bad);
    else m.divide(work, 'placeColumns', from, scales + 2 * (row / block) * N, to, count, N, K, row, bad);
  }
}

/** The same; every part has room of its own. */
function takeInt4(
  m: Machine,
  { N, K, layout }: Packed,
  { from, count, row, scales, to }: WholeRows,
  bad: number,
): void {
  const { block } = codings.Q4;
  const work = products * count * (layout === '[out, in]' ? K : N);
  const room = m.lend(16 * block * m.parts(work));
  if (layout === '[out, in]') {
    const panel = to + row * outputBytes(K, 'int4');
    if (scales === undefined) m.divide(work, 'quantiseRows4', from, panel, room, count, K, bad);
    else m.divide(work, 'placeRows4', from, scales + 2 * row * blocksOf(K, block), panel, room, count, K, bad);
  } else if (scales === undefined) m.divide(work, 'quantiseColumns4', from, to, room, count, N, K, row, bad);
  else m.divide(work, 'placeColumns4', from, scales + 2 * (row / block) * N, to, room, count, N, K, row, bad);
}
