import { ShapeError } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { describe, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats, floatsOut } from './host.ts';

/**
 * Attention scores: scores(b, h, t, s) = scale · Σₑ q(b, h, t, e) · k(s, b, h, e).
 *
 * Keys come position first, as the cache stores them, so that a new position is an append.
 *
 * Shapes    q [B H T E], keys [S B H E] → scores [B H T S]
 * Units     logits; GPT-2 scales by 1/√E, T5 not at all (scale 1)
 * Numerics  float64 chain over e ascending, scaled, one rounding
 * Errors    ShapeError B, H or E differ · DtypeError not float
 * Source    Vaswani et al. 2017 §3.2.1, eq. 1; Raffel et al. 2020 (no 1/√E)
 */
export function attentionScores(q: Tensor, keys: Tensor, scale: number): Tensor {
  return call1(attentionScoresOp, [q, keys], { scale });
}

export const attentionScoresOp: Op<{ readonly scale: number }> = {
  name: 'attentionScores',

  infer(inputs) {
    const op = 'attentionScores';
    const [q, k] = [needed(inputs, 0, op, 'q'), needed(inputs, 1, op, 'keys')];
    checkFloat(op, 'q', q);
    checkFloat(op, 'keys', k);
    const [B, H, T, E] = q.shape;
    const [S, ...rest] = k.shape;
    if (q.shape.length !== 4 || k.shape.length !== 4 || rest[0] !== B || rest[1] !== H || rest[2] !== E) {
      throw new ShapeError(`q [B H T E] and keys [S B H E] do not fit: q ${describe(q)}, keys ${describe(k)}`, {
        op,
        expected: ['S', B, H, E],
        got: k.shape,
      });
    }
    return [{ dtype: 'F32', shape: [B, H, T, S] }];
  },

  reference([qIn, kIn], { scale }, [out]) {
    if (qIn === undefined || kIn === undefined) return;
    const [q, k, scores] = [floats(qIn), floats(kIn), floatsOut(out)];
    const [B, H, T, E] = qIn.shape;
    const S = kIn.shape[0];
    for (let bh = 0, o = 0; bh < B * H; bh++) {
      for (let t = 0; t < T; t++) {
        const qAt = (bh * T + t) * E;
        for (let s = 0; s < S; s++, o++) {
          const kAt = (s * B * H + bh) * E;
          let sum = 0;
          for (let e = 0; e < E; e++) sum += q[qAt + e] * k[kAt + e];
          scores[o] = scale * sum;
        }
      }
    }
  },

  cost(inputs, _attrs, outputs) {
    const E = inputs[0]?.shape[3] ?? 0;
    return once(sizeOf(outputs[0].shape) * (2 * E + 1), inputs, outputs);
  },
};
