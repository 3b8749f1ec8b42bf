import { ShapeError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { describe, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats, floatsOut } from './host.ts';

/**
 * Mixes values by the attention pattern: z(b, h, t, e) = Σₛ p(b, h, t, s) · v(s, b, h, e).
 *
 * Shapes    pattern [B H T S], values [S B H E] → z [B H T E]
 * Numerics  float64 chain over s ascending, one rounding; a position with probability 0 adds exactly 0 (values are finite)
 * Errors    ShapeError B, H or S differ · DtypeError not float
 * Source    Vaswani et al. 2017 §3.2.1, eq. 1
 */
export function mix(pattern: Tensor, values: Tensor): Tensor {
  return call1(mixOp, [pattern, values], undefined);
}

export const mixOp: Op<undefined> = {
  name: 'mix',

  infer(inputs) {
    const op = 'mix';
    const [p, v] = [needed(inputs, 0, op, 'pattern'), needed(inputs, 1, op, 'values')];
    checkFloat(op, 'pattern', p);
    checkFloat(op, 'values', v);
    const [B, H, T, S] = p.shape;
    const E = v.shape[3];
    if (p.shape.length !== 4 || v.shape.length !== 4 || v.shape[0] !== S || v.shape[1] !== B || v.shape[2] !== H) {
      throw new ShapeError(
        `pattern [B H T S] and values [S B H E] do not fit: pattern ${describe(p)}, values ${describe(v)}`,
        {
          op,
          expected: [S, B, H, 'E'],
          got: v.shape,
        },
      );
    }
    return [{ dtype: 'F32', shape: [B, H, T, E] }];
  },

  reference([pIn, vIn], _attrs, [out]) {
    if (pIn === undefined || vIn === undefined) return;
    const [p, v, z] = [floats(pIn), floats(vIn), floatsOut(out)];
    const [B, H, T, S] = pIn.shape;
    const E = vIn.shape[3];
    const sums = new Float64Array(E);
    for (let row = 0; row < B * H * T; row++) {
      const bh = Math.floor(row / T);
      sums.fill(0);
      for (let s = 0; s < S; s++) {
        const weight = p[row * S + s];
        if (weight === 0) continue;
        const vAt = (s * B * H + bh) * E;
        for (let e = 0; e < E; e++) sums[e] += weight * v[vAt + e];
      }
      z.set(sums, row * E);
    }
  },

  cost(inputs, _attrs, outputs) {
    const S = inputs[0]?.shape[3] ?? 0;
    return once(sizeOf(outputs[0].shape) * 2 * S, inputs, outputs);
  },
};
