import { DtypeError, NumericError, ShapeError, show } from '../errors.ts';
import { allocate, type Dtype, dtypes, fits, type HostArray, type PlainDtype } from '../tensor/dtype.ts';
import { narrow } from '../tensor/floats.ts';
import { checkShape, type Shape, sizeOf } from '../tensor/shape.ts';

type Value = number | bigint | boolean;
/** What a tensor can be made of. */
export type Values = Value | readonly Values[] | HostArray | Float64Array;

/** Deeper nesting is a mistake, or an array that holds itself. */
const maxRank = 32;

interface Elements {
  readonly data: HostArray;
  readonly dtype: PlainDtype;
  readonly shape: Shape;
}

/** A fresh row-major array of the values, with the dtype and shape they have or are to have. */
export function elementsOf(values: Values, wanted: Dtype | undefined, wantedShape: Shape | undefined): Elements {
  const op = 'tensor';
  if (wanted !== undefined) checkDtype(wanted, op);
  if (wantedShape !== undefined) checkShape(wantedShape, op);
  const { flat, shape } = isTyped(values) ? { flat: values, shape: [values.length] } : flatten(values);
  if (wantedShape !== undefined && sizeOf(wantedShape) !== flat.length) {
    throw new ShapeError(
      `"shape" [${wantedShape.join(', ')}] needs ${sizeOf(wantedShape)} values, got ${flat.length}`,
      {
        op,
        expected: sizeOf(wantedShape),
        got: flat.length,
      },
    );
  }
  const dtype = wanted ?? dtypeOf(flat);
  return { data: convert(flat, dtype), dtype, shape: wantedShape ?? shape };
}

export function checkDtype(dtype: Dtype, op: string): asserts dtype is PlainDtype {
  if (!dtypes.some((known) => known === dtype)) {
    throw new DtypeError(`"dtype" must be one of ${dtypes.join(', ')}, got ${show(dtype)}`, { op, got: dtype });
  }
}

function isTyped(values: Values): values is HostArray | Float64Array {
  return ArrayBuffer.isView(values) && !(values instanceof DataView);
}

function flatten(values: Value | readonly Values[]): { flat: Value[]; shape: number[] } {
  const shape: number[] = [];
  for (let level: Values = values; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > maxRank) {
      throw new ShapeError(`"values" is nested more than ${maxRank} deep`, { op: 'tensor' });
    }
  }
  const flat: Value[] = [];
  const visit = (value: Values, axis: number, path: string): void => {
    if (Array.isArray(value) && value.length === shape[axis]) {
      for (let i = 0; i < value.length; i++) visit(value[i], axis + 1, `${path}[${i}]`);
    } else if (
      axis === shape.length &&
      (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    ) {
      flat.push(value);
    } else {
      const rule = axis === shape.length ? 'a number' : `an array of ${shape[axis]}`;
      throw new ShapeError(`"values" is ragged or holds no number: ${path} must be ${rule}, got ${show(value)}`, {
        op: 'tensor',
        got: value,
      });
    }
  };
  visit(values, 0, 'values');
  return { flat, shape };
}

function dtypeOf(flat: ArrayLike<Value> | HostArray | Float64Array): PlainDtype {
  if (flat instanceof Uint16Array) {
    throw new DtypeError('a Uint16Array may hold F16 or BF16: say which', { op: 'tensor', hint: "{ dtype: 'F16' }" });
  }
  if (flat instanceof Int32Array) return 'I32';
  if (flat instanceof Uint8Array) return 'U8';
  if (flat instanceof Int8Array) return 'I8';
  const first = flat[0];
  if (flat instanceof BigInt64Array || typeof first === 'bigint') return 'I64';
  return typeof first === 'boolean' ? 'BOOL' : 'F32';
}

/** Bounds of the whole numbers of a dtype. */
const ranges = { I8: [-128, 127], U8: [0, 255], BOOL: [0, 1], I32: [-(2 ** 31), 2 ** 31 - 1] } as const;

function convert(flat: ArrayLike<Value> | HostArray | Float64Array, dtype: PlainDtype): HostArray {
  if (ArrayBuffer.isView(flat) && fits(flat, dtype) && dtype !== 'BOOL') return flat.slice();
  if (dtype === 'I64') return BigInt64Array.from(flat, (value, i) => bigint(value, i));
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') {
    return narrow(
      flat instanceof Float32Array ? flat : Float32Array.from(flat, (value, i) => float(value, i, dtype)),
      dtype,
    );
  }
  const data = allocate(dtype, flat.length);
  for (let i = 0; i < flat.length; i++) data[i] = whole(flat[i], i, dtype);
  return data;
}

function float(value: Value, i: number, dtype: Dtype): number {
  if (typeof value === 'number') return value;
  throw new DtypeError(`value ${i} must be a number for ${dtype}, got ${show(value)}`, { op: 'tensor', got: value });
}

function whole(value: Value, i: number, dtype: keyof typeof ranges): number {
  const [low, high] = ranges[dtype];
  const n = dtype === 'BOOL' ? Number(value) : value;
  if (typeof n === 'number' && Number.isInteger(n) && n >= low && n <= high) return n;
  throw new NumericError(`value ${i} must be a whole number from ${low} to ${high} for ${dtype}, got ${show(value)}`, {
    op: 'tensor',
    got: value,
  });
}

function bigint(value: Value, i: number): bigint {
  const n = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof n === 'bigint' && BigInt.asIntN(64, n) === n) return n;
  throw new NumericError(`value ${i} must be a whole number of 64 bits for I64, got ${show(value)}`, {
    op: 'tensor',
    got: value,
  });
}
