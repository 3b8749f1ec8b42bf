import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { openSafetensors } from '../../src/safetensors/index.ts';
import { rawFile } from '../safetensors/files.ts';
import { checkFile, mutatedFile } from '../safetensors/fuzz.ts';
import { runs } from '../seed.ts';

const goldens = 'test/goldens/safetensors/files';

describe('safetensors under many mutations', () => {
  it('a mutated file is refused with a FormatError, or its contents are safe', async () => {
    await fc.assert(
      fc.asyncProperty(mutatedFile, async (bytes) => void (await checkFile(bytes))),
      runs(5000),
    );
  });

  it('every single byte of a small file may change to anything', async () => {
    const header = '{"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
    const file = rawFile(header, new Uint8Array(8));
    for (let i = 0; i < file.length; i++) {
      for (let value = 0; value < 256; value++) await checkFile(file.with(i, value));
    }
  });

  it.skipIf(!existsSync(goldens))('a golden may be cut anywhere', async () => {
    for (const name of readdirSync(goldens)) {
      const file = new Uint8Array(readFileSync(join(goldens, name)));
      for (let length = 0; length < file.length; length++) await checkFile(file.subarray(0, length));
    }
  });

  it('hostile headers of 4 MB cost neither time nor memory beyond a small multiple', async () => {
    const size = 4_000_000;
    const repeat = (unit: string) => unit.repeat(Math.floor(size / unit.length));
    const many = (make: (i: number) => string, length: number) =>
      Array.from({ length: Math.floor(size / length) }, (_, i) => make(i)).join(',');
    const headers = [
      `{"a":{"e":${repeat('[')}`,
      `{"a":{"shape":[${repeat('1,')}1]}}`,
      `{"a":{"shape":[9007199254740993,${repeat('1,')}1]}}`,
      `{"a":{"e":[${repeat('[],')}1]}}`,
      `{"a":{"e":[${repeat('{},')}1]}}`,
      `{"a":{"e":${repeat('9')}}}`,
      `{"a":{"dtype":"${repeat('\\n')}"}}`,
      `{"a":{"dtype":"${repeat('\\u0041')}"}}`,
      `{"__metadata__":{${many((i) => `"${i}":""`, 12)}}}`,
      `{${many((i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`, 62)}}`,
      repeat(' '),
      `{"${repeat('x')}`,
      `{"${repeat('\ufffd')}`,
    ];
    for (const header of headers) {
      const opened = await openSafetensors(rawFile(header)).catch((error) => error);
      if (opened instanceof Error) expect(opened).toBeInstanceOf(FormatError);
    }
    const bad = new TextEncoder().encode(repeat('\ufffd'));
    bad[bad.length - 1] = 0xff;
    await expect(openSafetensors(rawFile(bad))).rejects.toThrow('the text is not valid UTF-8');
  });
});
