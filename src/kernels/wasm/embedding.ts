import { embeddingOp } from '../embedding.ts';
import { integers } from '../host.ts';
import { type Kernel, loops } from './kernel.ts';
import { isWhole } from './storage.ts';

/** Rows gathered out of the panels, so that a table that is multiplied with too is kept once. */
export const embedding: Kernel<undefined> = (m, inputs, attrs, outputs) => {
  const [table, ids] = inputs;
  if (table === undefined || ids === undefined) return;
  const [V, D] = table.shape;
  const { packed } = table;
  const rows = integers(m.host(ids)).slice();
  const outside = rows.some((id) => id < 0 || id >= V);
  if (outside || packed === undefined || packed.layout !== '[out, in]') {
    loops(embeddingOp)(m, inputs, attrs, outputs); // which says where an id is outside
    return;
  }
  const { kind } = packed;
  const to = (i: number) => outputs[0].at + 4 * i * D;
  if (kind === 0 || isWhole(kind)) {
    const { lookup: lookup32, lookup8, lookup4 } = m.kernels;
    const lookup = { 0: lookup32, int8: lookup8, int4: lookup4 }[kind];
    for (const [i, id] of rows.entries()) lookup(table.at, to(i), id, D);
    return;
  }
  const [halves, floats] = [m.lend(2 * D + 16), m.lend(4 * D + 32)]; // widened eight at a time
  for (const [i, id] of rows.entries()) {
    m.kernels.lookup16(table.at, halves, id, D);
    m.kernels.widen(halves, floats, Math.ceil(D / 8) * 8, kind);
    m.kernels.move(floats, to(i), 1, 1, 1, 0, 0, 0, 4 * D);
  }
};
