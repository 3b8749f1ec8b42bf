import { OptionError, show } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { call1 } from './call.ts';
import { unaryOp } from './elementwise.ts';
import { erfc } from './erfc.ts';

/** `erf`: the definition (T5 v1.1's "gelu"). `tanh`: the approximation that GPT-2 was trained with ("gelu_new"). */
export type GeluForm = 'erf' | 'tanh';

/**
 * Gaussian error linear unit: y = x·Φ(x) = ½x·(1 + erf(x/√2)), or its tanh form
 * y = ½x·(1 + tanh u) with u = √(2/π)·(x + 0.044715·x³).
 *
 * Shapes    x [any] → y [same]
 * Numerics  float64, one rounding. For negative x 1 + erf and 1 + tanh cancel; erfc(−x/√2) and 2/(1 + e⁻²ᵘ) are the
 *           same numbers without the cancellation
 * Errors    OptionError an unknown form · DtypeError not float
 * Source    Hendrycks & Gimpel 2016, arXiv 1606.08415 §2
 */
export function gelu(x: Tensor, { form }: { readonly form: GeluForm }): Tensor {
  if (form !== 'erf' && form !== 'tanh') {
    throw new OptionError(`"form" must be 'erf' or 'tanh', got ${show(form)}`, { op: 'gelu', got: form });
  }
  return call1(geluOp, [x], { form });
}

export const geluOp = unaryOp<{ readonly form: GeluForm }>(
  'gelu',
  ({ form }) => (form === 'erf' ? 4 : 8),
  ({ form }) => (form === 'erf' ? geluErf : geluTanh),
);

export function geluErf(x: number): number {
  return 0.5 * x * erfc(-x * Math.SQRT1_2);
}

const slope = 2 * Math.sqrt(2 / Math.PI);

function geluTanh(x: number): number {
  return x / (1 + Math.exp(-slope * (x + 0.044715 * x * x * x)));
}
