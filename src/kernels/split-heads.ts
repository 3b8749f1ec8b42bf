import { OptionError, ShapeError, show } from '../errors.ts';
import type { Op } from '../tensor/op.ts';
import { describe, type Spec, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { backendOf, call, needed, once, viewOf } from './call.ts';
import { moveStrided } from './move.ts';

interface Attrs {
  readonly heads: number;
  readonly parts: number;
}

/**
 * Cuts the last axis into heads, and first into parts where queries, keys and values come from one projection:
 * yₚ(b, h, t, e) = x(b, t, (p·H + h)·E + e).
 *
 * Views where nothing moves, as of a single token; copies otherwise.
 *
 * Shapes    x [B T parts·H·E] → parts × [B H T E]
 * Numerics  exact, every dtype
 * Errors    ShapeError x is not rank 3, or parts·H does not divide its last axis · OptionError heads or parts below 1
 * Source    Vaswani et al. 2017 §3.2.2; GPT-2 keeps q, k, v in one matrix in this order
 */
export function splitHeads(x: Tensor, heads: number, parts = 1): Tensor[] {
  const [op, inputs, attrs] = [splitHeadsOp, [x], { heads, parts }];
  backendOf(op.name, inputs);
  const specs = op.infer(inputs, attrs);
  const [B, T] = x.shape;
  const still = parts === 1 ? T === 1 || heads === 1 : B * T === 1;
  return still ? specs.map((spec, p) => viewOf(x, p * sizeOf(spec.shape), spec)) : call(op, inputs, attrs);
}

export const splitHeadsOp: Op<Attrs> = {
  name: 'splitHeads',

  infer(inputs, { heads, parts }) {
    const op = 'splitHeads';
    const x = needed(inputs, 0, op, 'x');
    checkCount('heads', heads);
    checkCount('parts', parts);
    const [B, T, width] = x.shape;
    if (x.shape.length !== 3 || width % (parts * heads) !== 0) {
      throw new ShapeError(`"x" must be [B T n·${parts * heads}] for ${parts} × ${heads} heads, got ${describe(x)}`, {
        op,
        expected: parts * heads,
        got: x.shape,
      });
    }
    const shape = [B, heads, T, width / (parts * heads)];
    return new Array<Spec>(parts).fill({ dtype: x.dtype, shape });
  },

  reference([x], _attrs, outputs) {
    if (x === undefined) return;
    const [, T, width] = x.shape;
    for (const [p, out] of outputs.entries()) {
      const [, H, , E] = out.shape;
      moveStrided(x, out, out.shape, [T * width, E, width, 1], p * H * E);
    }
  },

  cost: (inputs, _attrs, outputs) => once(0, inputs, outputs),
};

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new OptionError(`"${name}" must be a whole number ≥ 1, got ${show(value)}`, { op: 'splitHeads', got: value });
}
