import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import {
  axisOf,
  broadcast,
  broadcastStrides,
  bytesOf,
  checkShape,
  describe as describeSpec,
  sameShape,
  sizeOf,
  stridesOf,
} from '../../src/tensor/shape.ts';
import { shape } from '../arbitraries.ts';
import { runs } from '../seed.ts';

const spec = (dims: readonly number[]) => ({ dtype: 'F32', shape: dims }) as const;

/** NumPy's rule as its manual states it: prepend ones, then every axis equal or one. Undefined where it fails. */
function byHand(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const pad = (dims: readonly number[]) => [...new Array(rank - dims.length).fill(1), ...dims];
  const [x, y] = [pad(a), pad(b)];
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    if (x[i] === y[i] || y[i] === 1) out.push(x[i]);
    else if (x[i] === 1) out.push(y[i]);
    else return undefined;
  }
  return out;
}

describe('broadcast', () => {
  it('aligns at the end and repeats axes of size 1', () => {
    expect(broadcast(spec([8, 1, 6, 1]), spec([7, 1, 5]), 'add')).toEqual([8, 7, 6, 5]);
    expect(broadcast(spec([]), spec([3]), 'add')).toEqual([3]);
    expect(broadcast(spec([0, 1]), spec([5]), 'add')).toEqual([0, 5]);
  });

  it('agrees with the rule for all shapes, and is symmetric', () => {
    fc.assert(
      fc.property(shape(4, 3), shape(4, 3), (a, b) => {
        const want = byHand(a, b);
        const got = (x: number[], y: number[]) => {
          try {
            return broadcast(spec(x), spec(y), 'add');
          } catch (error) {
            expect(error).toBeInstanceOf(ShapeError);
            return undefined;
          }
        };
        expect(got(a, b)).toEqual(want);
        expect(got(b, a)).toEqual(want);
      }),
      runs(500),
    );
  });

  it('its strides find the element that NumPy would repeat', () => {
    const pairs = shape(4, 4).chain((out) =>
      fc.tuple(fc.constant(out), fc.tuple(...out.map((n) => fc.constantFrom(1, n))), fc.nat(out.length)),
    );
    fc.assert(
      fc.property(pairs, ([out, repeated, drop]) => {
        const from = repeated.slice(drop);
        fc.pre(sizeOf(repeated.slice(0, drop)) === 1 || drop === 0);
        const strides = broadcastStrides(from, out);
        const index = out.map((n) => Math.max(0, n - 1));
        const at = index.reduce((sum, i, axis) => sum + i * strides[axis], 0);
        const own = from.map((n, i) => (n === 1 ? 0 : index[i + out.length - from.length]));
        expect(at).toBe(own.reduce((sum, i, axis) => sum * from[axis] + i, 0));
      }),
      runs(300),
    );
  });
});

describe('sizes and steps', () => {
  it('rank 0 has one element, an empty axis none', () => {
    expect([sizeOf([]), sizeOf([2, 0, 3]), sizeOf([2, 3])]).toEqual([1, 0, 6]);
    expect(bytesOf({ dtype: 'BF16', shape: [2, 3] })).toBe(12);
    expect(bytesOf({ dtype: 'I64', shape: [] })).toBe(8);
  });

  it('row-major steps', () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([5, 1, 2])).toEqual([2, 2, 1]);
    expect(stridesOf([])).toEqual([]);
  });

  it('shapes are equal when all sizes are', () => {
    expect([sameShape([1, 2], [1, 2]), sameShape([1, 2], [2, 1]), sameShape([1], [1, 1])]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('an axis counts from the end where it is negative', () => {
    expect([axisOf(0, 3, 'slice'), axisOf(-1, 3, 'slice'), axisOf(-3, 3, 'slice')]).toEqual([0, 2, 0]);
    for (const bad of [3, -4, 0.5, NaN]) expect(() => axisOf(bad, 3, 'slice')).toThrow(ShapeError);
    expect(() => axisOf(0, 0, 'slice')).toThrow('slice: "axis" must be a whole number in [0, 0), got 0');
  });

  it('a label names a weight in messages', () => {
    expect(describeSpec({ dtype: 'F32', shape: [2, 3], label: 'wte.weight' })).toBe('[2, 3] ("wte.weight")');
  });
});

describe('checkShape', () => {
  it.each([
    [[1, NaN], '"shape" must hold whole numbers ≥ 0, got NaN in [1, NaN]'],
    [[-1], 'got -1 in [-1]'],
    [[1.5], 'got 1.5 in [1.5]'],
    [[Infinity], 'got Infinity'],
    [[2 ** 53], 'got 9007199254740992'],
    [[2 ** 30, 2 ** 30], '"shape" [1073741824, 1073741824] has more elements than can be counted'],
  ])('rejects %o', (dims, message) => {
    expect(() => checkShape(dims, 'zeros')).toThrow(expect.objectContaining({ code: 'SHAPE', op: 'zeros' }));
    expect(() => checkShape(dims, 'zeros')).toThrow(message);
  });

  it('rejects what is no list', () => {
    expect(() => Reflect.apply(checkShape, undefined, ['23', 'zeros'])).toThrow(
      '"shape" must be a list of sizes, got "23"',
    );
  });
});
