import { DtypeError, NumericError, ShapeError } from '../errors.ts';
import { isQuantised } from '../tensor/dtype.ts';
import { widen } from '../tensor/floats.ts';
import type { Op } from '../tensor/op.ts';
import { describe } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floatsOut, integers, positionOf } from './host.ts';
import { floatAt } from './quantised.ts';

/**
 * Looks up rows of a table: y(…, d) = table(ids(…), d).
 *
 * Shapes    table [V D], ids I32 […] → y [… D]
 * Numerics  exact; of an F16 or BF16 table only the rows asked for are widened; of a quantised table each number is
 *           multiplied with its scale, and rounded once
 * Errors    ShapeError table is not [V D] · DtypeError · NumericError an id outside 0 … V − 1
 * Source    Vaswani et al. 2017 §3.4, without its factor √D
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  return call1(embeddingOp, [table, ids], undefined);
}

export const embeddingOp: Op<undefined> = {
  name: 'embedding',

  infer(inputs) {
    const op = 'embedding';
    const [table, ids] = [needed(inputs, 0, op, 'table'), needed(inputs, 1, op, 'ids')];
    if (!isQuantised(table.dtype)) checkFloat(op, 'table', table);
    if (table.shape.length !== 2) {
      throw new ShapeError(`"table" must be [V D], got ${describe(table)}`, { op, got: table.shape });
    }
    if (ids.dtype !== 'I32') {
      throw new DtypeError(`"ids" must be I32, got ${ids.dtype} ${describe(ids)}`, { op, got: ids.dtype });
    }
    return [{ dtype: 'F32', shape: [...ids.shape, table.shape[1]] }];
  },

  reference([table, idsIn], _attrs, [out]) {
    if (table === undefined || idsIn === undefined) return;
    const [{ data }, ids, y] = [table, integers(idsIn), floatsOut(out)];
    const [V, D] = table.shape;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (id < 0 || id >= V) {
        throw new NumericError(`id ${id} at position ${positionOf(i, idsIn.shape)} is outside the table's ${V} rows`, {
          op: 'embedding',
          where: table.label && `weight "${table.label}"`,
          expected: V,
          got: id,
          hint: 'do the tokenizer and the model belong together?',
        });
      }
      if (data instanceof BigInt64Array) return;
      if (table.scales !== undefined) for (let d = 0; d < D; d++) y[i * D + d] = floatAt(table, id, d);
      else y.set(widen(data.subarray(id * D, (id + 1) * D), table.dtype), i * D);
    }
  },

  cost(inputs, _attrs, outputs) {
    const { dtype = 'F32' } = inputs[0] ?? {};
    const [rows] = outputs; // those read are as many as those written, not the whole table
    return once(0, [{ ...rows, dtype }, inputs[1]], outputs);
  },
};
