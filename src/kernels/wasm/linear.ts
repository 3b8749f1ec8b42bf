import { sizeOf } from '../../tensor/shape.ts';
import type { Layout } from '../linear.ts';
import type { Kernel } from './kernel.ts';
import { multiply, panelsOf } from './multiply.ts';

/** Weights in panels, packed once at load; products in float32, one chain per output. */
export const linear: Kernel<{ readonly layout: Layout }> = (m, [x, weight, bias], { layout }, [y]) => {
  if (x === undefined || weight === undefined) return;
  const K = x.shape.at(-1) ?? 0;
  const N = y.shape.at(-1) ?? 0;
  const M = N === 0 ? 0 : sizeOf(y.shape) / N;
  const panels = panelsOf(m, weight, layout);
  const b = bias === undefined ? 0 : m.floats(bias);
  multiply(m, { x: m.floats(x), ...panels, bias: b, y: y.at, M, N, K });
};
