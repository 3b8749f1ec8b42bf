import { FormatError, nearestNames, show } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { gelu } from './gelu.ts';
import { gelu10 } from './gelu10.ts';
import { laplace } from './laplace.ts';
import { leakyRelu } from './leaky-relu.ts';
import { mish } from './mish.ts';
import { quickGelu } from './quick-gelu.ts';
import { relu } from './relu.ts';
import { relu2 } from './relu2.ts';
import { relu6 } from './relu6.ts';
import { sigmoid } from './sigmoid.ts';
import { silu } from './silu.ts';
import { tanh } from './tanh.ts';

export type Activation = (x: Tensor) => Tensor;

const geluExact: Activation = (x) => gelu(x, { form: 'erf' });
const geluByTanh: Activation = (x) => gelu(x, { form: 'tanh' });

/** The names Hugging Face's configs use. Its several ways of computing one function differ by rounding alone. */
const activations: ReadonlyMap<string, Activation> = new Map([
  ['gelu', geluExact],
  ['gelu_python', geluExact],
  ['gelu_10', gelu10],
  ['gelu_new', geluByTanh],
  ['gelu_accurate', geluByTanh],
  ['gelu_fast', geluByTanh],
  ['gelu_pytorch_tanh', geluByTanh],
  ['gelu_python_tanh', geluByTanh],
  ['laplace', laplace],
  ['leaky_relu', leakyRelu],
  ['linear', (x) => x],
  ['mish', mish],
  ['quick_gelu', quickGelu],
  ['relu', relu],
  ['relu2', relu2],
  ['relu6', relu6],
  ['sigmoid', sigmoid],
  ['silu', silu],
  ['swish', silu],
  ['tanh', tanh],
]);

/**
 * The activation a config asks for by name.
 *
 * Errors    FormatError for a name nobody knows, with the nearest ones
 */
export function activationNamed(name: string): Activation {
  const found = activations.get(name);
  if (found === undefined) {
    throw new FormatError(`no activation is called ${show(name)}`, {
      op: 'activationNamed',
      got: name,
      nearest: nearestNames(String(name), activations.keys()),
    });
  }
  return found;
}
