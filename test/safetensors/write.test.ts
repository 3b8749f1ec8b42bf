import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtypeError, OptionError, ShapeError } from '../../src/errors.ts';
import { fileDtypes, openSafetensors, writeSafetensors } from '../../src/safetensors/index.ts';
import { runs } from '../seed.ts';
import { anyMetadata, anyTensors, expectError, type TensorBytes } from './files.ts';

const u8 = (name: string, ...bytes: number[]): TensorBytes => ({
  name,
  dtype: 'U8',
  shape: [bytes.length],
  data: Uint8Array.from(bytes),
});
const headerOf = (file: Uint8Array): string => new TextDecoder().decode(file.subarray(8, 8 + file[0] + 256 * file[1]));

/** The same file, read and written again. */
async function rewrite(bytes: Uint8Array): Promise<Uint8Array> {
  const file = await openSafetensors(bytes);
  const tensors: TensorBytes[] = [];
  for (const [name, { dtype, shape }] of file.tensors)
    tensors.push({ name, dtype, shape, data: await file.read(name) });
  return writeSafetensors(tensors, file.metadata);
}

describe('writeSafetensors', () => {
  it('writes a file a human can check: widest dtype first, then by name, padded to 8 bytes', () => {
    const file = writeSafetensors(
      [u8('b', 7), u8('a', 8, 9), { name: 'x', dtype: 'F32', shape: [1], data: Float32Array.of(1) }],
      { format: 'pt' },
    );
    expect(headerOf(file)).toBe(
      '{"__metadata__":{"format":"pt"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
        '"a":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"b":{"dtype":"U8","shape":[1],"data_offsets":[6,7]}}   ',
    );
    expect([...file.subarray(0, 8)]).toEqual([192, 0, 0, 0, 0, 0, 0, 0]);
    expect([...file.subarray(200)]).toEqual([0, 0, 0x80, 0x3f, 8, 9, 7]);
  });

  it('what was written is what is read', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, anyMetadata, async (tensors, metadata) => {
        const file = await openSafetensors(writeSafetensors(tensors, metadata));
        expect(new Map(file.metadata)).toEqual(metadata);
        expect(file.tensors.size).toBe(tensors.length);
        for (const { name, dtype, shape, data } of tensors) {
          expect(file.tensors.get(name)).toMatchObject({ dtype, shape });
          expect(await file.read(name)).toEqual(data); // bytes, so NaN payloads too
        }
      }),
      runs(200),
    );
  });

  it('a canonical file is written back byte for byte, and the order of the tensors given does not matter', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, anyMetadata, async (tensors, metadata) => {
        const bytes = writeSafetensors(tensors, metadata);
        expect(await rewrite(bytes)).toEqual(bytes);
        expect(writeSafetensors([...tensors].reverse(), metadata)).toEqual(bytes);
      }),
      runs(100),
    );
  });

  it('data of a dtype and alignment: every tensor starts at a multiple of its element size', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, async (tensors) => {
        const file = await openSafetensors(writeSafetensors(tensors));
        for (const name of file.tensors.keys()) {
          const values = await file.values(name);
          expect(values.buffer).toBe((await file.read(name)).buffer);
        }
      }),
      runs(50),
    );
  });

  it.skipIf(!existsSync('test/goldens/safetensors'))(
    'a file of the reference implementation comes back byte for byte',
    async () => {
      const bytes = new Uint8Array(readFileSync('test/goldens/safetensors/files/library-written.safetensors'));
      expect(await rewrite(bytes)).toEqual(bytes);
    },
  );

  it('orders names by code points, dtypes as the format does', () => {
    const names = ['\u{1f600}', '\uffee', '\ue000', 'é', 'z', 'Z', '10', '9', 'ab', 'a', ''];
    const header = JSON.parse(headerOf(writeSafetensors(names.map((name) => u8(`n${name}`)))));
    expect(Object.keys(header)).toEqual([
      'n',
      'n10',
      'n9',
      'nZ',
      'na',
      'nab',
      'nz',
      'né',
      'n\ue000',
      'n\uffee',
      'n\u{1f600}',
    ]);
    const empty = fileDtypes.map((dtype): TensorBytes => ({ name: dtype, dtype, shape: [0], data: new Uint8Array() }));
    expect(Object.keys(JSON.parse(headerOf(writeSafetensors(empty))))).toEqual([...fileDtypes].reverse());
  });

  it('takes any view of the data, and metadata as an object or a Map', async () => {
    const data = new Float32Array(new SharedArrayBuffer(32), 8, 2).fill(1.5);
    const file = await openSafetensors(
      writeSafetensors([{ name: 'x', dtype: 'F32', shape: [2], data }], new Map([['__proto__', 'm']])),
    );
    expect(await file.values('x')).toEqual(Float32Array.of(1.5, 1.5));
    expect(file.metadata.get('__proto__')).toBe('m');
  });

  it.each<[string, unknown, unknown, new (s: string) => OptionError | DtypeError | ShapeError, string]>([
    ['a name twice', [u8('x'), u8('y'), u8('x')], {}, OptionError, 'two tensors have the name "x"'],
    ['the name of the metadata', [u8('__metadata__')], {}, OptionError, 'a tensor must not be named "__metadata__"'],
    [
      'half a surrogate pair',
      [u8('a\ud800')],
      {},
      OptionError,
      'a tensor name must be a string without half surrogate pairs, got "a\\ud800"',
    ],
    [
      'a name that is no string',
      [{ ...u8('a'), name: 7 }],
      {},
      OptionError,
      'a tensor name must be a string without half surrogate pairs, got 7',
    ],
    ['metadata that are no strings', [], { a: 1 }, OptionError, 'metadata "a" must be a string'],
    ['an unknown dtype', [{ ...u8('a'), dtype: 'f32' }], {}, DtypeError, '"dtype" must be one of BOOL, F4,'],
    [
      'a negative size',
      [{ ...u8('a'), shape: [-1] }],
      {},
      ShapeError,
      '"shape" must be whole numbers ≥ 0 that fill whole bytes, got [-1] of U8',
    ],
    ['NaN as a size', [{ ...u8('a'), shape: [Number.NaN, 0] }], {}, ShapeError, 'got [NaN, 0] of U8'],
    [
      'more than can be counted',
      [{ ...u8('a'), shape: [2 ** 30, 2 ** 30] }],
      {},
      ShapeError,
      'got [1073741824, 1073741824] of U8',
    ],
    [
      'a shape that is no list',
      [{ ...u8('a'), shape: 3 }],
      {},
      ShapeError,
      '"shape" must be whole numbers ≥ 0 that fill whole bytes, got 3 of U8',
    ],
    ['half a byte', [{ ...u8('a'), dtype: 'F4', shape: [3] }], {}, ShapeError, 'got [3] of F4'],
    [
      'data of another size',
      [{ ...u8('a', 1, 2), shape: [3] }],
      {},
      ShapeError,
      '"data" must have the 3 bytes of "shape" [3], got 2',
    ],
    [
      'data of another dtype',
      [{ name: 'a', dtype: 'I32', shape: [1], data: Float32Array.of(1) }],
      {},
      DtypeError,
      '"data" does not hold I32: Float32Array(1)',
    ],
    ['no data', [{ ...u8('a'), data: [1] }], {}, DtypeError, '"data" does not hold U8: [1]'],
  ])('refuses %s', async (_, tensors, metadata, kind, message) => {
    await expectError(() => Reflect.apply(writeSafetensors, undefined, [tensors, metadata]), kind, message);
  });
});
