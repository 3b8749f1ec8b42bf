import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../apps/cli/lines.ts';
import { runs } from '../seed.ts';

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function lines(text: string | Uint8Array, sizes: readonly number[] = []): Promise<string[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const all: string[] = [];
  for await (const line of linesOf(inChunks(bytes, sizes), 'here')) all.push(line);
  return all;
}

describe('linesOf', () => {
  it('ends lines at \\n or \\r\\n; an empty rest is no line, an empty line is one', async () => {
    expect(await lines('a\n\nb\r\nc')).toEqual(['a', '', 'b', 'c']);
    expect(await lines('a\n')).toEqual(['a']);
    expect(await lines('')).toEqual([]);
    expect(await lines('\uFEFFa\n\uFEFFb')).toEqual(['a', '\uFEFFb']);
  });

  it('does not care how the bytes come', async () => {
    const texts = fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\n\r\uFEFF]/g, '.')));
    const sizes = fc.array(fc.nat(5));
    await fc.assert(
      fc.asyncProperty(texts, sizes, async (expected, cuts) => {
        expect(await lines(expected.map((line) => `${line}\n`).join(''), cuts)).toEqual(expected);
      }),
      runs(100),
    );
  });

  it('names the line that is not UTF-8, after those before it', async () => {
    const seen: string[] = [];
    const read = async () => {
      for await (const line of linesOf(inChunks(Uint8Array.of(97, 10, 98, 10, 0xff, 10), [3]), 'here')) seen.push(line);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'FORMAT',
      message: 'the line is not UTF-8\n  in line 3 of here',
    });
    expect(seen).toEqual(['a', 'b']);
  });
});
