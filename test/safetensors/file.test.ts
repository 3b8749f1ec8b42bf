import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { LoadError, OptionError, StateError, WeightError } from '../../src/errors.ts';
import * as node from '../../src/safetensors/index.node.ts';
import * as browser from '../../src/safetensors/index.ts';
import { runs } from '../seed.ts';
import { anyMetadata, anyTensors, expectError, rawFile } from './files.ts';
import { serve, withoutRanges, withRanges } from './server.ts';

const { openSafetensors, writeSafetensors } = node;
const folder = mkdtempSync(join(tmpdir(), 'baton-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All there is to read in a file. */
async function contents(file: node.TensorFile): Promise<unknown> {
  const tensors = [];
  for (const [name, { dtype, shape, begin, end }] of file.tensors) {
    const into = new Uint8Array(end - begin);
    expect(await file.read(name, into)).toBe(into);
    expect(new Uint8Array(await file.read(name))).toEqual(into);
    expect(await file.readMany([name])).toEqual([into]);
    tensors.push({ name, dtype, shape, begin, data: into });
  }
  await file.close();
  return { tensors, metadata: [...file.metadata] };
}

describe('SafetensorsFile', () => {
  it('gives a part of a tensor, and nothing beside it', async () => {
    const data = Uint8Array.from({ length: 12 }, (_, i) => i);
    const file = await openSafetensors(writeSafetensors([{ name: 'x', dtype: 'U8', shape: [3, 4], data }]));
    expect(await file.readAt('x', 4, new Uint8Array(4))).toEqual(Uint8Array.of(4, 5, 6, 7));
    expect(await file.readAt('x', 12, new Uint8Array())).toEqual(new Uint8Array());
    for (const [offset, length] of [
      [9, 4],
      [-1, 2],
      [0.5, 1],
      [Number.NaN, 1],
      [2 ** 53, 0],
    ]) {
      await expectError(
        () => file.readAt('x', offset, new Uint8Array(length)),
        OptionError,
        /must lie in the 12 bytes of "x"/,
      );
    }
    await expectError(() => file.readAt('y', 0, new Uint8Array(1)), WeightError, /no tensor "y"/);
    await file.close();
    await expectError(() => file.readAt('x', 0, new Uint8Array(1)), StateError, /after close/);
  });

  it('gives many tensors at once: what lies near each other by one read, in the order asked for', async () => {
    const lengths = { a: 3, b: 5000, c: 4, d: 4097, e: 0, f: 2 };
    const entries = Object.entries(lengths).map(([name, length], i) => ({
      name,
      dtype: 'U8' as const,
      shape: [length],
      data: new Uint8Array(length).fill(i + 1),
    }));
    const source = node.openBytes(writeSafetensors(entries));
    const reads: number[] = [];
    const watched: node.ByteSource = {
      ...source,
      read(offset, length, into) {
        reads.push(length);
        return source.read(offset, length, into);
      },
    };
    const file = await openSafetensors(watched);
    const dataOf = (name: string) => entries.find((entry) => entry.name === name)?.data;
    for (const [names, expected] of [
      [['f', 'c', 'a'], 3],
      [['d', 'c', 'f', 'e'], 1],
      [[], 0],
      [['b', 'b'], 1],
    ] as const) {
      reads.length = 0;
      expect((await file.readMany(names)).map((bytes) => new Uint8Array(bytes))).toEqual(names.map(dataOf));
      expect(reads).toHaveLength(expected);
    }
    await expectError(() => file.readMany(['a', 'z']), WeightError, /no tensor "z"/);
    await file.close();
    await expectError(() => file.readMany(['a']), StateError, /after close/);
  });

  it('gives equal contents from bytes, Blob, path, file: address and HTTP with and without ranges', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, anyMetadata, async (tensors, metadata) => {
        const bytes = writeSafetensors(tensors, metadata);
        const path = join(folder, 'any.safetensors');
        writeFileSync(path, bytes);
        await using ranges = await serve(withRanges(bytes));
        await using whole = await serve(withoutRanges(bytes));
        const want = await contents(await openSafetensors(bytes));
        const inputs = [
          bytes.buffer,
          Buffer.from(bytes),
          new Blob([bytes]),
          path,
          pathToFileURL(path),
          pathToFileURL(path).href,
        ];
        for (const input of [...inputs, ranges.url, new URL(whole.url), node.openBytes(bytes)]) {
          expect(await contents(await openSafetensors(input))).toEqual(want);
        }
      }),
      runs(15),
    );
  });

  it('gives values in the array of the dtype, without a copy where they are aligned', async () => {
    const data = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
    const entry = (shape: number[], dtype: string) =>
      `{"x":{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[0,16]}}`;
    const cases: [string, number[], unknown][] = [
      ['F32', [4], new Float32Array(data.buffer)],
      ['F64', [2], new Float64Array(data.buffer)],
      ['C64', [2], new Float32Array(data.buffer)],
      ['I64', [2], new BigInt64Array(data.buffer)],
      ['U64', [2], new BigUint64Array(data.buffer)],
      ['I32', [4], new Int32Array(data.buffer)],
      ['U32', [4], new Uint32Array(data.buffer)],
      ['F16', [8], new Uint16Array(data.buffer)],
      ['BF16', [8], new Uint16Array(data.buffer)],
      ['I16', [8], new Int16Array(data.buffer)],
      ['U16', [8], new Uint16Array(data.buffer)],
      ['I8', [16], new Int8Array(data.buffer)],
      ['BOOL', [16], data],
      ['F8_E5M2', [4, 4], data],
      ['F4', [32], data],
    ];
    for (const [dtype, shape, want] of cases) {
      const header = entry(shape, dtype);
      for (const padding of [8 - (header.length % 8), 9 - (header.length % 8)]) {
        const bytes = rawFile(header + ' '.repeat(padding), data);
        const values = await (await openSafetensors(Buffer.from(bytes.buffer))).values('x');
        expect(values).toEqual(want);
        const aligned = (8 + header.length + padding) % values.BYTES_PER_ELEMENT === 0;
        expect(values.buffer === bytes.buffer).toBe(aligned);
      }
    }
  });

  it('reads nothing but the header until a tensor is asked for', async () => {
    const bytes = writeSafetensors([{ name: 'x', dtype: 'U8', shape: [1000], data: new Uint8Array(1000) }]);
    const seen: number[] = [];
    const source = node.openBytes(bytes);
    const counted: node.ByteSource = {
      ...source,
      read(offset, length, into) {
        seen.push(length);
        return source.read(offset, length, into);
      },
    };
    const file = await openSafetensors(counted);
    expect(seen).toEqual([8, bytes.length - 1008]);
    await file.read('x');
    expect(seen[2]).toBe(1000);
  });

  it('tells the note of its source', async () => {
    await using server = await serve(withoutRanges(writeSafetensors([])));
    expect((await openSafetensors(server.url)).notes).toEqual([expect.stringContaining('the server ignores Range')]);
  });

  it('names the nearest tensors where one is missing', async () => {
    const data = new Uint8Array(1);
    const entries = ['h.0.ln_1.weight', 'h.1.ln_1.weight', 'wte'].map((name) => ({
      name,
      dtype: 'U8' as const,
      shape: [],
      data,
    }));
    const file = await openSafetensors(writeSafetensors(entries), { name: 'm.safetensors' });
    const error = await expectError(
      () => file.read('h.2.ln_1.weight'),
      WeightError,
      'there is no tensor "h.2.ln_1.weight"',
    );
    expect(error.nearest).toEqual(['h.0.ln_1.weight', 'h.1.ln_1.weight']);
    expect(error.where).toBe('m.safetensors');
    await expectError(() => file.values('toString'), WeightError, 'there is no tensor "toString"');
    await expectError(
      () => file.read('wte', new Uint8Array(2)),
      OptionError,
      '"into" must hold the 1 bytes of "wte", got Uint8Array(2)',
    );
  });

  it('is of no use after close, and closes its source where the header is wrong', async () => {
    const file = await openSafetensors(
      writeSafetensors([{ name: 'x', dtype: 'U8', shape: [], data: new Uint8Array(1) }]),
    );
    await file[Symbol.asyncDispose]();
    await expectError(() => file.read('x'), StateError, 'read of "x" after close()');
    let closed = 0;
    const source = { ...node.openBytes(new Uint8Array(3)), close: async () => void closed++ };
    await expect(openSafetensors(source)).rejects.toThrow('at least 8 bytes');
    expect(closed).toBe(1);
  });
});

describe('the entry for pages', () => {
  it('has the names of the entry for Node', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  it('says that it has no paths', async () => {
    const error = await expectError(
      () => browser.openSafetensors('a/model.safetensors'),
      LoadError,
      'paths can\'t be opened here, got "a/model.safetensors"',
    );
    expect(error.hint).toContain('in Node the import "batonlm/safetensors" also takes paths');
    await expectError(() => browser.openSafetensors(new URL('file:///a')), LoadError, "paths can't be opened here");
    await expectError(() => browser.openPath('a'), LoadError, 'openPath: there is no file system here');
    await expectError(
      () => browser.saveSafetensors('a', []),
      LoadError,
      'saveSafetensors: there is no file system here',
    );
    await expectError(() => browser.saveShards('a', []), LoadError, 'saveShards: there is no file system here');
  });

  it.each([undefined, null, 7, {}, [1]])('refuses %j', async (input) => {
    const call = () => Reflect.apply(openSafetensors, undefined, [input]);
    await expectError(call, OptionError, '"input" must be a path, an address, a Blob, bytes or a ByteSource, got');
  });
});
