/** Weights that come piece by piece are those that come at once, whoever packs them, and stored int8 and int4 are what was quantised. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NumericError } from '../../../src/errors.ts';
import { codings, longestBlock } from '../../../src/kernels/codings.ts';
import { tensor } from '../../../src/kernels/create.ts';
import { linear } from '../../../src/kernels/linear.ts';
import { layoutOf, quantise } from '../../../src/kernels/quantised.ts';
import { ReferenceBackend } from '../../../src/kernels/reference-backend.ts';
import { createWasmBackend } from '../../../src/kernels/wasm/create.ts';
import type { Backend, Stored, Use } from '../../../src/tensor/backend.ts';
import type { Dtype, QuantisedDtype } from '../../../src/tensor/dtype.ts';
import { narrow, widen } from '../../../src/tensor/floats.ts';
import { scope } from '../../../src/tensor/scope.ts';
import type { Shape } from '../../../src/tensor/shape.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { quantise as quantised, takeIn, upload } from '../../../src/tensor/upload.ts';
import { runs } from '../../seed.ts';
import { awkward, numbers } from './awkward.ts';
import { teamOf } from './team.ts';

const uses: readonly Use[] = ['linear [out, in]', 'linear [in, out]', 'table'];

const whole = fc.constantFrom<QuantisedDtype>('Q8', 'Q4');
const inFileAs = { Q8: 'I8', Q4: 'U4' } as const;

const cases = fc
  .record({
    rows: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 300 })),
    columns: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 200 })),
    use: fc.constantFrom(...uses),
    /** Multiples of 64 rows that come at once; 0: all. */
    step: fc.integer({ min: 0, max: 3 }),
    /** Do they come in room of the backend's own? */
    lent: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ seed, ...given }) => ({ ...given, floats: awkward(numbers(seed), given.rows, given.columns) }));
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/** A weight in pieces, each in the same memory as the one before. */
async function inPieces(backend: Backend, given: Case, dtype: Dtype, stored: Stored, all: Uint8Array) {
  const { rows, columns, use, step, lent } = given;
  const rowBytes = all.length / rows;
  const most = (step === 0 ? rows : step * longestBlock) * rowBytes;
  const room = lent ? backend.room(most) : { bytes: new Uint8Array(most), free() {} };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < all.length; at += most) {
      const part = all.subarray(at, at + most);
      room.bytes.fill(255);
      room.bytes.set(part);
      yield room.bytes.subarray(0, part.length);
    }
  }
  try {
    return await takeIn(backend, { dtype, shape: [rows, columns] }, use, stored, pieces());
  } finally {
    room.free();
  }
}

/** What a weight holds, and what it makes of three rows. */
function contents(weight: Tensor, use: Use): unknown[] {
  return scope(() => {
    const { backend, shape } = weight;
    const K = shape[layoutOf(use) === '[out, in]' ? 1 : 0];
    const x = tensor(awkward(numbers(K), 3, K, 1), { backend, shape: [3, K] });
    const y = widen(linear(x, weight, undefined, layoutOf(use)).peek(), 'F32').slice();
    return [Array.from(bytesOf(weight.peek())), Array.from(new Uint32Array(y.buffer))];
  });
}

/** The format of quantised-format.ts: whole numbers and scales as a file has them. */
function storedWhole(floats: Float32Array, shape: Shape, use: Use, dtype: QuantisedDtype) {
  const layout = layoutOf(use);
  const { data, scales } = quantise(floats, { dtype, shape }, layout);
  const N = shape[layout === '[out, in]' ? 0 : 1];
  const blocks = scales.values.length / N;
  const bits = narrow(scales.values, 'BF16');
  const inFile = Uint16Array.from(bits, (_, i) =>
    Number(layout === '[out, in]' ? bits[i] : bits[(i % N) * blocks + Math.floor(i / N)]),
  );
  return { q: data, scales: inFile };
}

/** The bytes of a file: of 8 bits as they are, of 4 bits two of a row to a byte. */
function inFile(q: Int8Array, columns: number, dtype: QuantisedDtype): Uint8Array {
  if (dtype === 'Q8') return bytesOf(q);
  const rows = Array.from({ length: q.length / columns }, (_, i) => [...q.subarray(i * columns, (i + 1) * columns), 7]);
  return Uint8Array.from(
    rows.flatMap((row) =>
      row.flatMap((first, j) => (j % 2 || j === columns ? [] : [(first & 15) + 16 * (row[j + 1] & 15)])),
    ),
  );
}

const shared = globalThis.crossOriginIsolated !== false;
const makers: readonly (readonly [string, () => Promise<Backend>])[] = [
  ['the reference', async () => new ReferenceBackend()],
  ['wasm alone', () => createWasmBackend({ threads: 1 })],
  ...(shared ? ([['wasm with three threads', async () => (await teamOf(3)).backend]] as const) : []),
];

describe.each(makers)('intake on %s', (_name, make) => {
  let backend: Backend;
  const reference = new ReferenceBackend();
  beforeAll(async () => {
    backend = await make();
  });
  afterAll(() => {
    expect([backend.memory, reference.memory]).toEqual([
      { blocks: 0, bytes: 0 },
      { blocks: 0, bytes: 0 },
    ]);
    backend.dispose();
  });

  it('floats are what they are at once', () =>
    fc.assert(
      fc.asyncProperty(
        cases,
        fc.constantFrom('F32' as const, 'F16' as const),
        fc.boolean(),
        async (given, dtype, inf) => {
          const { rows, columns, use } = given;
          const data = narrow(
            given.floats.map((x) => Math.max(-6e4, Math.min(6e4, x))),
            dtype,
          );
          if (inf) data[data.length - 1] = dtype === 'F16' ? 0x7c00 : Infinity;
          using whole = upload(backend, data.slice(), { dtype, shape: [rows, columns] }, use);
          using weight = await inPieces(backend, given, dtype, { dtype }, bytesOf(data));
          expect(contents(weight, use)).toEqual(contents(whole, use));
          expect(contents(weight, use)[0]).toEqual(Array.from(bytesOf(data)));
        },
      ),
      runs(30),
    ));

  it('float32 is quantised as it is at once on the reference', () =>
    fc.assert(
      fc.asyncProperty(cases, whole, async (given, dtype) => {
        const { rows, columns, use, floats } = given;
        using atOnce = quantised(reference, floats.slice(), { dtype, shape: [rows, columns] }, use);
        using weight = await inPieces(backend, given, dtype, { dtype: 'F32' }, bytesOf(floats));
        expect(contents(weight, use)).toEqual(contents(atOnce, use));
      }),
      runs(60),
    ));

  it('whole numbers that were stored are what quantising gives', () =>
    fc.assert(
      fc.asyncProperty(cases, whole, async (given, dtype) => {
        const { rows, columns, use, floats } = given;
        const { q, scales } = storedWhole(floats, [rows, columns], use, dtype);
        using atOnce = quantised(reference, floats.slice(), { dtype, shape: [rows, columns] }, use);
        const stored: Stored = { dtype: inFileAs[dtype], scales };
        using weight = await inPieces(backend, given, dtype, stored, inFile(q, columns, dtype));
        expect(contents(weight, use)).toEqual(contents(atOnce, use));
      }),
      runs(60),
    ));

  it('refuses whole numbers and scales that quantising cannot give, and keeps nothing', () =>
    fc.assert(
      fc.asyncProperty(cases, whole, fc.nat(), fc.integer({ min: 0, max: 4 }), async (given, dtype, where, fault) => {
        fc.pre(dtype === 'Q8' || fault === 1 || fault === 2 || fault === 4); // a scale of Q4 may be negative, and a number is
        const { rows, columns, use } = given;
        const { q, scales } = storedWhole(given.floats, [rows, columns], use, dtype);
        if (fault === 0) q[where % q.length] = -128;
        if (fault === 1) {
          q[where % q.length] = 1;
          scales.fill(0);
        }
        if (fault >= 2) scales[where % scales.length] = [0x7fc0, 0xbf80, 0x7f80][fault - 2];
        const taking = inPieces(backend, given, dtype, { dtype: inFileAs[dtype], scales }, inFile(q, columns, dtype));
        await expect(taking).rejects.toThrow(NumericError);
        const { least, most } = codings[dtype];
        const rule =
          fault < 2 ? `must hold −${-least} … ${most}` : dtype === 'Q8' ? 'finite and not negative' : 'finite';
        await expect(taking).rejects.toThrow(rule);
        expect(backend.memory.blocks).toBe(0);
      }),
      runs(60),
    ));
});
