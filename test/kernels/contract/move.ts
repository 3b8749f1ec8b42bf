import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cast } from '../../../src/kernels/cast.ts';
import { concat } from '../../../src/kernels/concat.ts';
import { tensor as create } from '../../../src/kernels/create.ts';
import { gather } from '../../../src/kernels/gather.ts';
import { mergeHeads } from '../../../src/kernels/merge-heads.ts';
import { reshape } from '../../../src/kernels/reshape.ts';
import { slice } from '../../../src/kernels/slice.ts';
import { splitHeads } from '../../../src/kernels/split-heads.ts';
import { transpose } from '../../../src/kernels/transpose.ts';
import { type Dtype, dtypes, type HostArray } from '../../../src/tensor/dtype.ts';
import { sizeOf } from '../../../src/tensor/shape.ts';
import { permutation, shape, sizes, tensor } from '../../arbitraries.ts';
import { runs } from '../../seed.ts';
import { type Lab, unless, type Without } from './lab.ts';

export function moveContract(lab: () => Lab, { payloads }: Without): void {
  /** 0, 1, 2, … in this shape: after a move every element tells where it came from. */
  const counted = (dims: readonly number[], dtype: Dtype = 'F32') => {
    const values = Array.from({ length: sizeOf(dims) }, (_, i) => (dtype === 'BOOL' ? i % 2 : i % 128));
    return create(values, { backend: lab().backend, dtype, shape: dims });
  };

  describe('transpose', () => {
    it('turns rows into columns', async () => {
      expect([...(await lab().run(() => transpose(counted([2, 3]))))]).toEqual([0, 3, 1, 4, 2, 5]);
    });

    it('element (i, j, …) of the result is the element of x with its axes in the given order', async () => {
      const cases = shape(4).chain((dims) => fc.tuple(fc.constant(dims), permutation(dims.length)));
      await fc.assert(
        fc.asyncProperty(cases, async ([dims, axes]) => {
          const got = await lab().run(() => transpose(counted(dims), axes));
          const shape = axes.map((axis) => dims[axis]);
          const want = indices(shape).map((index) => offset(dims, axes.reduce<number[]>((x, axis, i) => x.with(axis, index[i]), dims.map(() => 0)))); // biome-ignore format: one line
          expect([...got]).toEqual(want.map((i) => i % 128));
        }),
        runs(80),
      );
    });
  });

  describe('slice, concat and gather', () => {
    const part = sizes(3, 5).chain((dims) =>
      fc.record({ dims: fc.constant(dims), axis: fc.nat(2), cut: fc.nat(5), dtype: fc.constantFrom(...dtypes) }),
    );

    it('concatenating the two halves of a slice gives back the whole, for every dtype and axis', async () => {
      await fc.assert(
        fc.asyncProperty(part, async ({ dims, axis, cut, dtype }) => {
          const at = Math.min(cut, dims[axis]);
          const [got, want] = await lab().all(() => {
            const x = counted(dims, dtype);
            return [concat([slice(x, axis, 0, at), slice(x, axis - 3, at, dims[axis])], axis), x];
          });
          expect(got).toEqual(want);
        }),
        runs(80),
      );
    });

    it('gathering picks the slices in the order asked for, as often as asked', async () => {
      const cases = part.chain((x) =>
        fc.tuple(fc.constant(x), fc.array(fc.nat(x.dims[x.axis] - 1), { minLength: 1, maxLength: 6 })),
      );
      await fc.assert(
        fc.asyncProperty(cases, async ([{ dims, axis, dtype }, order]) => {
          const [got, want] = await lab().all(() => {
            const x = counted(dims, dtype);
            const picked = order.map((i) => slice(x, axis, i, i + 1));
            return [gather(x, axis, Int32Array.from(order)), concat(picked, axis)];
          });
          expect(got).toEqual(want);
        }),
        runs(80),
      );
    });

    it('long rows move whole and unchanged', async () => {
      const [got] = await lab().all(() => [transpose(counted([3, 2, 100]), [1, 0, 2])]);
      const want = [0, 2, 4, 1, 3, 5].flatMap((row) => Array.from({ length: 100 }, (_, i) => (row * 100 + i) % 128));
      expect(Array.from(got, Number)).toEqual(want);
    });
  });

  describe('splitHeads and mergeHeads', () => {
    it('q, k and v come out of one projection in this order, head by head', async () => {
      const [q, k, v] = await lab().all(() => splitHeads(counted([1, 2, 12]), 2, 3));
      const want: HostArray[] = [
        Float32Array.of(0, 1, 12, 13, 2, 3, 14, 15),
        Float32Array.of(4, 5, 16, 17, 6, 7, 18, 19),
        Float32Array.of(8, 9, 20, 21, 10, 11, 22, 23),
      ];
      expect([q, k, v]).toEqual(want);
    });

    it('merging undoes splitting, and splitting is a reshape and a transpose', async () => {
      const cases = sizes(5, 4).chain(([B, T, P, H, E]) =>
        fc.record({ n: fc.constant({ B, T, P, H, E }), x: tensor([B, T, P * H * E]) }),
      );
      await fc.assert(
        fc.asyncProperty(cases, async ({ n: { B, T, P, H, E }, x }) => {
          const back = await lab().run(() => concat(splitHeads(lab().of(x), H, P).map(mergeHeads), 2));
          expect(back).toEqual(x.data);
          const parts = await lab().run(() => concat(splitHeads(lab().of(x), H, P), 0));
          const byHand = () => transpose(reshape(lab().of(x), [B, T, P, H, E]), [2, 0, 3, 1, 4]);
          expect(parts).toEqual(await lab().run(byHand));
        }),
        runs(60),
      );
    });
  });

  unless(payloads, 'moving ops', () => {
    it('keep the bits of every float, signalling NaN included', async () => {
      const bits = Uint32Array.of(0x7f800001, 0xffc12345, 0x80000000, 1, 0x7fffffff, 0xff800000);
      const x = () => lab().of({ shape: [2, 3], data: new Float32Array(bits.buffer.slice(0)) });
      const moved = [
        () => transpose(transpose(x())),
        () => concat([slice(x(), 1, 0, 1), slice(x(), 1, 1, 3)], 1),
        () => gather(gather(x(), 0, [1, 0]), 0, [1, 0]),
      ];
      for (const move of moved) {
        const [data] = await lab().all(() => [move()]);
        expect(new Uint32Array(data.buffer, data.byteOffset, 6)).toEqual(bits);
      }
    });
  });

  describe('cast', () => {
    it('rounds to the nearest half, ties to even, and widens exactly', async () => {
      const x = () => lab().floats([5], [1, 2049, 65520, 2 ** -24, -0]);
      expect([...(await lab().run(() => cast(cast(x(), 'F16'), 'F32')))]).toEqual([1, 2048, Infinity, 2 ** -24, -0]);
      expect([...(await lab().run(() => cast(cast(x(), 'BF16'), 'F32')))]).toEqual([1, 2048, 65536, 2 ** -24, -0]);
    });
  });
}

/** All indices of a shape, row-major. */
function indices(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (prefixes, n) => prefixes.flatMap((p) => Array.from({ length: n }, (_, i) => [...p, i])),
    [[]],
  );
}

function offset(dims: readonly number[], index: readonly number[]): number {
  return dims.reduce((at, n, i) => at * n + index[i], 0);
}
