import { NumericError } from '../../errors.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { positionOf } from '../host.ts';
import type { Arg } from './block.ts';
import type { GpuKernel } from './desk.ts';
import { colsOf, type Placed } from './storage.ts';
import { column, row } from './unfold.ts';

/** Errors    NumericError an id from the host that is no row of the table; one that was computed is brought inside */
export const embedding: GpuKernel<undefined> = (desk, [table, ids], _attrs, [y]) => {
  if (table === undefined || ids === undefined) return [];
  const [V, D] = table.shape;
  checkIds(table, ids);
  const { blocks } = table.storage;
  const pieces: Arg[] = blocks.length > 1 ? blocks.map((block) => ({ block, cols: D })) : [desk.see(table)];
  const names = pieces.map((_, i) => `w${i}`);
  const count = sizeOf(ids.shape);
  const { weightsInKernels } = desk.launcher.device;
  const known = count === 1 ? ids.storage.host?.[0] : undefined;
  const single = weightsInKernels || known !== undefined; // a number needs no array
  let [code, begin] = ['', 0];
  for (const [i, name] of names.entries()) {
    const height = blocks.length > 1 ? blocks[i].elements / D : V;
    code += `const r${i} = Math.max(Math.min(id - ${begin}, ${height - 1}), 0); `;
    const value = `${name}[r${i}][${column}]`;
    code += i === 0 ? `let v = ${value}; ` : `if (id >= ${begin}) { v = ${value}; } `;
    begin += height;
  }
  const id = single ? '' : `const id = ids[${row}][0]; `;
  const source = `function (${[single ? 'id' : 'ids', ...names].join(', ')}) { ${id}${code}return v; }`;
  const args = [known === undefined ? desk.see(ids, 1) : Number(known), ...pieces];
  return [desk.store(desk.launch({ source, cols: colsOf(y.shape), rows: count, args, rowwise: true }), y)];
};

function checkIds(table: Placed, { shape, storage: { host } }: Placed): void {
  const [V] = table.shape;
  const bad = host?.findIndex((id: number | bigint) => id < 0 || id >= V) ?? -1;
  if (host === undefined || bad < 0) return;
  throw new NumericError(`id ${host[bad]} at position ${positionOf(bad, shape)} is outside the table's ${V} rows`, {
    op: 'embedding',
    where: table.label && `weight "${table.label}"`,
    expected: V,
    got: Number(host[bad]),
    hint: 'do the tokenizer and the model belong together?',
  });
}
