import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { openSafetensors } from '../../src/safetensors/index.ts';
import { expectError, rawFile } from './files.ts';

const x = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';
const eight = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]; // 1.0 and 2.0
const open = (header: string | Uint8Array, data: ArrayLike<number> = eight, length?: bigint) =>
  openSafetensors(rawFile(header, data, length), { name: 'm.safetensors' });

describe('openSafetensors', () => {
  it('reads a file written by hand, byte by byte', async () => {
    const header = '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} ';
    const bytes = Uint8Array.of(55, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header), ...eight);
    const file = await openSafetensors(bytes);
    expect(file.tensors.get('x')).toEqual({
      name: 'x',
      dtype: 'F32',
      shape: [2],
      begin: 63,
      end: 71,
      bytes: 8,
      file: 'bytes in memory',
    });
    expect(await file.values('x')).toEqual(Float32Array.of(1, 2));
    expect([...file.metadata]).toEqual([]);
  });

  it('gives tensors in the order of their bytes', async () => {
    const file = await open(
      '{"b":{"dtype":"U8","shape":[6],"data_offsets":[2,8]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}',
    );
    expect([...file.tensors.keys()]).toEqual(['a', 'b']);
  });

  it('puts an empty tensor before the one that begins at the same byte, wherever the header names it', async () => {
    const file = await open(`{"x":{${x}},"e":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`);
    expect([...file.tensors.keys()]).toEqual(['e', 'x']);
  });

  it('keeps a tensor called __proto__ apart from every object', async () => {
    const file = await open(`{"__metadata__":{"__proto__":"m"},"__proto__":{${x}}}`);
    expect(await file.values('__proto__')).toEqual(Float32Array.of(1, 2));
    expect(file.metadata.get('__proto__')).toBe('m');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('takes what the reference implementation takes', async () => {
    const accepted = [
      ` \t\r\n{"x":{${x}}}\n\t `,
      '{"x":["F32",[2],[0,8]]}',
      `{"__metadata__":null,"x":{${x},"extra":{"a":[null,true,false,-1.5e-3,"\\ud83d\\ude00",{}]}}}`,
      `{"x":{${x},"deep":${'['.repeat(125)}${']'.repeat(125)}}}`,
      '{"x":{"dtype":"F4","shape":[16],"data_offsets":[0,8]}}',
      '{"x":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}',
    ];
    for (const header of accepted) expect((await open(header)).tensors.size).toBe(1);
    for (const shape of ['0,18446744073709551615', '18446744073709551615,0']) {
      const huge = await open(`{"e":{"dtype":"F32","shape":[${shape}],"data_offsets":[0,0]}}`, []);
      expect(huge.tensors.get('e')?.shape).toEqual(shape.split(',').map(Number));
    }
  });

  const refused: [string, string, string][] = [
    ['{"x":{%},"x":{%}}', 'the header has the key "x" twice', 'byte 62'],
    ['{"x":{%},"\\u0078":{%}}', 'the header has the key "x" twice', 'byte 62'],
    ['{"x":{"dtype":"F32",%}}', 'tensor "x" has the key "dtype" twice', 'byte 28'],
    ['{"__metadata__":{"a":"","a":""}}', '"__metadata__" has the key "a" twice', 'byte 32'],
    ['{"__metadata__":{"a":1}}', 'expected metadata "a" to be a string, got "1"', 'byte 29'],
    ['{"x":{"dtype":"f32"}}', 'tensor "x" has the unknown dtype "f32"; known: BOOL, F4,', 'byte'],
    ['{"x":{"dtype":"toString"}}', 'tensor "x" has the unknown dtype "toString"', 'byte'],
    ['{"x":{"dtype":{"F32":null}}}', 'expected "dtype" of tensor "x" to be a string, got "{"', 'byte 22'],
    ['{"x":{"dtype":"F32","shape":[2]}}', 'tensor "x" has no "data_offsets"', 'byte'],
    ['{"x":["F32",[2],[0,8],0]}', 'an array of more than dtype, shape and data_offsets', 'byte 30'],
    ['{"x":{"shape":[2.0]}}', 'an axis of tensor "x" must be a whole number from 0 to 2^64 - 1, got 2.0', 'byte 23'],
    ['{"x":{"shape":[-2]}}', 'must be a whole number from 0 to 2^64 - 1, got -2', 'byte 23'],
    ['{"x":{"shape":[18446744073709551616]}}', 'must be a whole number from 0 to 2^64 - 1', 'byte 23'],
    ['{"x":{"shape":[4294967296,4294967296]}}', 'tensor "x": the number of elements overflows 64 bits', 'byte'],
    ['{"x":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,8]}}', 'of F32 overflows 64 bits', 'byte'],
    ['{"x":{"dtype":"F4","shape":[3],"data_offsets":[0,8]}}', 'does not fill whole bytes', 'byte'],
    ['{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', 'takes 12 bytes, data_offsets give 8', 'byte'],
    ['{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}', 'data_offsets [8,0] end before they begin', 'byte'],
    ['{"x":{"data_offsets":[0,8,9]}}', 'must be two numbers, got more', 'byte'],
    ['{"x":{"data_offsets":[0]}}', 'must be two numbers, got 1', 'byte'],
    [
      '{"x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
      '4 bytes between the header and tensor "x" belong to no tensor',
      'byte 61',
    ],
    [
      '{"x":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"y":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
      'tensor "x" overlaps with tensor "y"',
      'byte 121',
    ],
    ['{}', 'the header describes 10 bytes, the file has 18', 'byte 10'],
    [
      '{"x":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}',
      'describes 70 bytes, the file has 69',
      'hint: the file is incomplete',
    ],
    ['[]', 'expected the header to be an object, got "["', 'byte 8'],
    ['', 'expected the header to be an object, got the end of the text', 'byte 8'],
    ['\ufeff{}', 'expected the header to be an object, got "\ufeff"', 'byte 8'],
    ['{"é":{"dtype":1}}', 'expected "dtype" of tensor "é" to be a string, got "1"', 'byte 23'],
  ];

  it.each(refused)('%s is refused', async (header, message, where) => {
    const error = await expectError(() => open(header.replaceAll('%', x)), FormatError, `safetensors: `);
    expect(error.message).toContain(message);
    expect(error.message).toContain(where);
    expect(error.where).toMatch(/^m\.safetensors, byte \d+$/);
  });

  it('finds the byte that is not UTF-8, past replacement characters that are', async () => {
    const text = new TextEncoder().encode('{"\ufffd\ufffd":1}');
    text[6] = 0xff;
    const error = await expectError(() => open(text), FormatError, 'the text is not valid UTF-8');
    expect(error.where).toBe('m.safetensors, byte 13');
    await expectError(() => open(Uint8Array.of(0x7b, 0xe2, 0x82)), FormatError, 'byte 9');
  });

  it.each([
    ['version https://git-lfs', 'Git LFS pointer'],
    ['<!doctype html>', 'an HTML page'],
    ['PK\x03\x04 and so on', 'a zip archive'],
    ['GGUF\x03\0\0\0', 'a GGUF file'],
    ['{"metadata":{}}', 'openShards'],
  ])('recognises %j', async (text, hint) => {
    const error = await expectError(
      () => openSafetensors(new TextEncoder().encode(text)),
      FormatError,
      'the header would be',
    );
    expect(error.hint).toContain(hint);
  });

  it('refuses a header longer than the file or than the limit, before it makes room for it', async () => {
    await expectError(() => open('{}', [], 3n), FormatError, 'the header would be 3 bytes long; the file has 10');
    await expectError(() => open('{}', [], 2n ** 64n - 1n), FormatError, 'the limit is 100000000');
    await expectError(() => openSafetensors(new Uint8Array(7)), FormatError, 'at least 8 bytes, this one has 7');
  });
});
