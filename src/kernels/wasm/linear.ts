import { isQuantised } from '../../tensor/dtype.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Layout } from '../linear.ts';
import type { Kernel } from './kernel.ts';
import { multiply, panelsOf } from './multiply.ts';
import { multiplyQuantised } from './quantised.ts';

/** Weights in panels, packed once at load; products in float32, one chain per output, or in whole numbers. */
export const linear: Kernel<{ readonly layout: Layout }> = (m, [x, weight, bias], { layout }, [y]) => {
  if (x === undefined || weight === undefined) return;
  const K = x.shape.at(-1) ?? 0;
  const N = y.shape.at(-1) ?? 0;
  const M = N === 0 ? 0 : sizeOf(y.shape) / N;
  const places = { x: m.floats(x), bias: bias === undefined ? 0 : m.floats(bias), y: y.at, M, N, K };
  if (isQuantised(weight.dtype)) multiplyQuantised(m, { ...places, weight, layout });
  else multiply(m, { ...places, ...panelsOf(m, weight, layout) });
};
