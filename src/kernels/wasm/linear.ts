import { sizeOf } from '../../tensor/shape.ts';
import type { Layout } from '../linear.ts';
import { multiplyInt8 } from './int8.ts';
import type { Kernel } from './kernel.ts';
import { multiply, panelsOf } from './multiply.ts';

/** Weights in panels, packed once at load; products in float32, one chain per output, or in int8. */
export const linear: Kernel<{ readonly layout: Layout }> = (m, [x, weight, bias], { layout }, [y]) => {
  if (x === undefined || weight === undefined) return;
  const K = x.shape.at(-1) ?? 0;
  const N = y.shape.at(-1) ?? 0;
  const M = N === 0 ? 0 : sizeOf(y.shape) / N;
  const places = { x: m.floats(x), bias: bias === undefined ? 0 : m.floats(bias), y: y.at, M, N, K };
  if (weight.dtype === 'Q8') multiplyInt8(m, { ...places, weight, layout });
  else multiply(m, { ...places, ...panelsOf(m, weight, layout) });
};
