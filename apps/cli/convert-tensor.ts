import {
  cast,
  type FileDtype,
  NumericError,
  show,
  type TensorFile,
  type TensorInfo,
  type TensorToWrite,
  tensor,
  type Values,
} from '../../src/index.node.ts';

export type FloatDtype = 'F32' | 'F16' | 'BF16';

/**
 * A tensor in another float dtype; what is no float stays as it is.
 *
 * Numerics  exact to a wider dtype, to nearest even to a narrower one; F64 by way of F32
 * Errors    NumericError a finite number that the new dtype could only hold as infinite
 */
export function inDtype(
  weights: TensorFile,
  { name, dtype, shape }: TensorInfo,
  to: FloatDtype,
): TensorToWrite<() => Promise<Values>> {
  const floats: readonly FileDtype[] = ['F64', 'F32', 'F16', 'BF16'];
  const values = () => weights.values(name);
  if (dtype === to || !floats.includes(dtype)) return { name, dtype, shape, data: values };
  const bits = dtype === 'BF16' ? 'BF16' : 'F16';
  return { name, dtype: to, shape, data: async () => narrowed(name, await values(), bits, to) };
}

/** `bits` says what 16-bit values are. */
function narrowed(name: string, values: Values, bits: 'F16' | 'BF16', to: FloatDtype): Values {
  if (values instanceof Float64Array) {
    const single = Float32Array.from(values);
    const over = single.findIndex((x, i) => isInfinite(x, 'F32') && Number.isFinite(values[i]));
    if (over >= 0) throw tooLarge(name, over, 'F32');
    return to === 'F32' ? single : narrowed(name, single, bits, to);
  }
  if (!(values instanceof Float32Array || values instanceof Uint16Array)) return values;
  const from = values instanceof Float32Array ? 'F32' : bits;
  const result = cast(tensor(values, { dtype: from }), to).peek();
  for (let i = 0; i < values.length; i++) {
    if (isInfinite(Number(result[i]), to) && !isInfinite(values[i], from)) throw tooLarge(name, i, to);
  }
  return result;
}

/** Of an element as its array holds it: a number of F32, the bits of the others. */
function isInfinite(element: number, dtype: FloatDtype): boolean {
  if (dtype === 'F32') return Math.abs(element) === Infinity;
  return (element & 0x7fff) === (dtype === 'F16' ? 0x7c00 : 0x7f80);
}

function tooLarge(name: string, i: number, dtype: FloatDtype): NumericError {
  return new NumericError(`element ${i} of ${show(name)} is too large for ${dtype}`, {
    op: 'convert',
    hint: dtype === 'F16' ? '--dtype bf16 has the range of f32' : undefined,
  });
}
