import { OptionError, ShapeError } from '../errors.ts';
import { isQuantised } from '../tensor/dtype.ts';
import type { Op } from '../tensor/op.ts';
import { describe, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1, needed, once } from './call.ts';
import { checkFloat, floats, floatsOut } from './host.ts';
import { Panel, panelWidth } from './panel.ts';
import { checkLayout } from './quantised.ts';
import { quantisedLinear } from './quantised-linear.ts';

/** How a weight is stored: `[out, in]` as torch's Linear does (T5), `[in, out]` as Conv1D does (GPT-2). */
export type Layout = '[out, in]' | '[in, out]';

/**
 * Linear layer: y = x·Wᵀ + b (W stored [out, in]) or y = x·W + b (W stored [in, out]).
 *
 * Shapes    x [… K], w [N K] or [K N], bias [N] → y [… N]
 * Numerics  per output one float64 chain over k ascending, then the bias, then one rounding: a row of y depends on its row
 *           of x alone, not on how many rows there are. F16 and BF16 weights are widened panel by panel; a quantised
 *           weight: see quantised-linear.ts
 * Errors    ShapeError sizes of K or N differ · DtypeError not float, or a quantised weight made for the other layout
 * Source    Vaswani et al. 2017 §3.3; layouts: Raffel et al. 2020 and Radford et al. 2019 as released
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | undefined, layout: Layout): Tensor {
  return call1(linearOp, [x, weight, bias], { layout });
}

export const linearOp: Op<{ readonly layout: Layout }> = {
  name: 'linear',

  infer(inputs, { layout }) {
    const op = 'linear';
    const [x, w] = [needed(inputs, 0, op, 'x'), needed(inputs, 1, op, 'weight')];
    const bias = inputs[2];
    if (layout !== '[out, in]' && layout !== '[in, out]') {
      throw new OptionError(`"layout" must be '[out, in]' or '[in, out]', got ${layout}`, { op, got: layout });
    }
    checkFloat(op, 'x', x);
    if (!isQuantised(w.dtype)) checkFloat(op, 'weight', w);
    if (bias !== undefined) checkFloat(op, 'bias', bias);
    const [N, K] = layout === '[out, in]' ? w.shape : [w.shape[1], w.shape[0]];
    if (w.shape.length !== 2 || x.shape.at(-1) !== K) {
      throw new ShapeError(
        `inner sizes differ: x ${describe(x)} × weight ${describe(w)} stored as ${layout} (x needs a last axis of ${K})`,
        {
          op,
          expected: [K],
          got: x.shape,
          hint: 'T5 stores linear weights as [out, in]; GPT-2 stores them as [in, out]',
        },
      );
    }
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== N)) {
      throw new ShapeError(`"bias" must be [${N}], got ${describe(bias)}`, { op, expected: [N], got: bias.shape });
    }
    return [{ dtype: 'F32', shape: [...x.shape.slice(0, -1), N] }];
  },

  reference([xIn, wIn, biasIn], { layout }, [yOut]) {
    if (xIn === undefined || wIn === undefined) return;
    const [x, y] = [floats(xIn), floatsOut(yOut)];
    const bias = biasIn && floats(biasIn);
    if (wIn.scales !== undefined) {
      checkLayout(wIn.scales, layout);
      quantisedLinear(x, wIn, wIn.scales, bias, y);
      return;
    }
    const K = xIn.shape.at(-1) ?? 1;
    const N = yOut.shape.at(-1) ?? 1;
    const M = N === 0 ? 0 : sizeOf(yOut.shape) / N;
    const [kStep, nStep] = layout === '[out, in]' ? [1, K] : [N, 1];
    const panel = new Panel(K);
    const sums = new Float64Array(panelWidth);
    for (let n = 0; n < N; n += panelWidth) {
      const width = Math.min(panelWidth, N - n);
      panel.load(wIn, 0, n, width, kStep, nStep);
      for (let m = 0; m < M; m++) {
        panel.multiply(x, m * K, 1, sums);
        for (let t = 0; t < width; t++) y[m * N + n + t] = sums[t] + (bias === undefined ? 0 : bias[n + t]);
      }
    }
  },

  cost(inputs, _attrs, outputs) {
    const K = inputs[0]?.shape.at(-1) ?? 0;
    return once(sizeOf(outputs[0].shape) * (2 * K + (inputs[2] === undefined ? 0 : 1)), inputs, outputs);
  },
};
