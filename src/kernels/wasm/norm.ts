import { sizeOf } from '../../tensor/shape.ts';
import { layerNormOp } from '../layer-norm.ts';
import type { NormOptions } from '../norm.ts';
import { rmsNormOp } from '../rms-norm.ts';
import { type Kernel, loops } from './kernel.ts';

/** Sums in float64, two lanes of two; where a row is refused the reference says why. */
export const layerNorm: Kernel<NormOptions> = (m, inputs, attrs, outputs) => {
  if (!normed(m, inputs, attrs, outputs)) loops(layerNormOp)(m, inputs, attrs, outputs);
};

/** The same without a mean. */
export const rmsNorm: Kernel<NormOptions> = (m, inputs, attrs, outputs) => {
  if (!normed(m, inputs, attrs, outputs)) loops(rmsNormOp)(m, inputs, attrs, outputs);
};

/** An element takes about as long as so many products. */
const products = 16;

function normed(...[m, [x, gain, shift], { eps }, [y]]: Parameters<Kernel<NormOptions>>): boolean {
  if (x === undefined || gain === undefined) return true;
  const D = gain.shape[0];
  const size = sizeOf(x.shape);
  const shiftAt = shift === undefined ? 0 : m.floats(shift);
  const bad = m.clearVerdict();
  m.divide(size * products, 'norm', m.floats(x), m.floats(gain), shiftAt, y.at, bad, D, eps, size / D);
  return m.verdict[0] === 0;
}
