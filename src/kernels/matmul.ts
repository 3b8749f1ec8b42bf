import { ShapeError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { broadcast, describe, type Spec, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, eachRow, floats, floatsOut } from './host.ts';
import { Panel, panelWidth } from './panel.ts';

export interface MatmulOptions {
  /** Multiply with aᵀ: a is stored [… K M]. */
  readonly transposeA?: boolean;
  /** Multiply with bᵀ: b is stored [… N K]. */
  readonly transposeB?: boolean;
}

/**
 * Matrix product: c(m, n) = Σₖ a(m, k) · b(k, n), for every pair of matrices of the batch.
 *
 * Shapes    a [… M K], b [… K N] (last two axes swapped where transposed) → c [… M N]; batch axes broadcast
 * Numerics  per output one float64 chain over k ascending, one rounding: a row of c depends on its row of a alone
 * Errors    ShapeError rank below 2, inner sizes or batch axes differ · DtypeError not float
 * Source    Golub & Van Loan 2013 §1.1; error bound: Higham 2002 §3.5
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  return call1(matmulOp, [a, b], { transposeA, transposeB });
}

export const matmulOp: Op<Required<MatmulOptions>> = {
  name: 'matmul',

  infer(inputs, attrs) {
    const op = 'matmul';
    const [a, b] = [needed(inputs, 0, op, 'a'), needed(inputs, 1, op, 'b')];
    checkFloat(op, 'a', a);
    checkFloat(op, 'b', b);
    if (a.shape.length < 2 || b.shape.length < 2) {
      throw new ShapeError(`both sides need at least two axes: a ${describe(a)} × b ${describe(b)}`, {
        op,
        got: a.shape.length < 2 ? a.shape : b.shape,
        hint: 'reshape a vector to [1, n] or [n, 1]',
      });
    }
    const { M, N, K, otherK } = sizes(a, b, attrs);
    if (K !== otherK) {
      const how = `${attrs.transposeA ? 'ᵀ' : ''} × b ${describe(b)}${attrs.transposeB ? 'ᵀ' : ''}`;
      throw new ShapeError(`inner sizes differ: a ${describe(a)}${how} (${K} against ${otherK})`, {
        op,
        expected: [K],
        got: [otherK],
      });
    }
    return [{ dtype: 'F32', shape: [...broadcast(batch(a), batch(b), op), M, N] }];
  },

  reference([aIn, bIn], attrs, [out]) {
    if (aIn === undefined || bIn === undefined) return;
    const [a, b, c] = [floats(aIn), floats(bIn), floatsOut(out)];
    const { M, N, K } = sizes(aIn, bIn, attrs);
    const [aRow, aStep] = attrs.transposeA ? [1, M] : [K, 1];
    const [bStep, bColumn] = attrs.transposeB ? [1, K] : [N, 1];
    const panel = new Panel(K);
    const sums = new Float64Array(panelWidth);
    // One "row" per pair of matrices: the batch axes with an axis of size 1 behind them.
    const pairs = [...out.shape.slice(0, -2), 1];
    const shapes = [aIn, bIn].map((side) => [...side.shape.slice(0, -2), 1]);
    eachRow(pairs, shapes, (pair, [aMatrix, bMatrix]) => {
      const [aAt, bAt, cAt] = [aMatrix * M * K, bMatrix * K * N, pair * M * N];
      for (let n = 0; n < N; n += panelWidth) {
        const width = Math.min(panelWidth, N - n);
        panel.load({ ...bIn, data: b, dtype: 'F32' }, bAt, n, width, bStep, bColumn);
        for (let m = 0; m < M; m++) {
          panel.multiply(a, aAt + m * aRow, aStep, sums);
          for (let t = 0; t < width; t++) c[cAt + m * N + n + t] = sums[t];
        }
      }
    });
  },

  cost(inputs, attrs, outputs) {
    const K = inputs[0]?.shape.at(attrs.transposeA ? -2 : -1) ?? 0;
    return once(2 * K * sizeOf(outputs[0].shape), inputs, outputs);
  },
};

function sizes(a: Spec, b: Spec, { transposeA, transposeB }: Required<MatmulOptions>) {
  const [rows, columns] = a.shape.slice(-2);
  const [inner, outer] = b.shape.slice(-2);
  const [M, K] = transposeA ? [columns, rows] : [rows, columns];
  const [otherK, N] = transposeB ? [outer, inner] : [inner, outer];
  return { M, N, K, otherK };
}

function batch({ dtype, shape, label }: Spec): Spec {
  return { dtype, shape: shape.slice(0, -2), label };
}
