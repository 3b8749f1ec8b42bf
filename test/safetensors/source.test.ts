import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError, OptionError } from '../../src/errors.ts';
import { type ByteSource, openBlob, openBytes } from '../../src/safetensors/index.ts';
import { fill } from '../../src/safetensors/stream.ts';
import { runs } from '../seed.ts';
import { expectError } from './files.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const inTheMiddle = new Uint8Array(120).subarray(7, 107);
inTheMiddle.set(bytes);

const sources: [string, () => ByteSource][] = [
  ['a Uint8Array', () => openBytes(bytes)],
  ['a view in the middle of a buffer', () => openBytes(inTheMiddle)],
  ['a Node Buffer', () => openBytes(Buffer.from(bytes))],
  ['an ArrayBuffer', () => openBytes(bytes.buffer)],
  ['a Blob', () => openBlob(new Blob([bytes]))],
  ['a File', () => openBlob(new File([bytes], 'f.safetensors'))],
];

describe.each(sources)('a source of %s', (_, open) => {
  it('reads any range, into a given array or a new one', async () => {
    const source = open();
    expect(source.size).toBe(100);
    await fc.assert(
      fc.asyncProperty(fc.nat(100), fc.nat(100), async (a, b) => {
        const [begin, end] = [Math.min(a, b), Math.max(a, b)];
        const into = new Uint8Array(end - begin);
        expect(await source.read(begin, end - begin, into)).toBe(into);
        expect(into).toEqual(bytes.slice(begin, end));
        expect(new Uint8Array(await source.read(begin, end - begin))).toEqual(into);
      }),
      runs(30),
    );
    await source.close();
  });

  it('refuses a range outside of it', async () => {
    const outside: [number, number][] = [
      [-1, 1],
      [0, 101],
      [100, 1],
      [0, -1],
      [0.5, 1],
      [Number.NaN, 1],
      [2 ** 60, 2 ** 60],
    ];
    for (const [offset, length] of outside) {
      const message = `"offset" and "length" must lie in the 100 bytes, got ${offset} and ${length}`;
      await expectError(() => open().read(offset, length), OptionError, message);
    }
    await expectError(
      () => open().read(0, 8, new Uint8Array(9)),
      OptionError,
      '"into" must hold exactly 8 bytes, got Uint8Array(9)',
    );
  });
});

describe('openBytes', () => {
  it('copies nothing', async () => {
    expect((await openBytes(bytes).read(10, 5)).buffer).toBe(bytes.buffer);
  });
});

describe('openBlob', () => {
  it('tells the name of a File', () => {
    expect(openBlob(new File([], 'f.safetensors')).name).toBe('f.safetensors');
    expect(openBlob(new Blob([])).name).toBe('blob');
  });

  it('turns a Blob that cannot be read into a LoadError', async () => {
    const blob = new Blob([bytes]);
    blob.slice = () => {
      const broken = new Blob([]);
      broken.arrayBuffer = () => Promise.reject(new Error('gone'));
      broken.stream = () => new ReadableStream({ start: (c) => c.error(new Error('gone')) });
      return broken;
    };
    await expectError(() => openBlob(blob).read(0, 4), LoadError, "4 bytes can't be read");
    await expectError(() => openBlob(blob).read(0, 4, new Uint8Array(4)), LoadError, 'broke off after 0 bytes');
  });
});

describe('fill', () => {
  const stream = (...sizes: number[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(size));
        controller.close();
      },
    });

  it('joins chunks of any size', async () => {
    expect(await fill(new Uint8Array(6), stream(1, 2, 0, 3), 's')).toEqual(Uint8Array.of(1, 2, 2, 3, 3, 3));
  });

  it('refuses a stream that is too short, too long or endless', async () => {
    await expectError(() => fill(new Uint8Array(6), stream(1, 2), 's'), LoadError, 'the body ends after 3 of 6 bytes');
    await expectError(
      () => fill(new Uint8Array(2), stream(1, 2), 's'),
      LoadError,
      'the body goes on after the 2 bytes',
    );
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expectError(
      () => fill(new Uint8Array(5000), endless, 's'),
      LoadError,
      'the body goes on after the 5000 bytes',
    );
    expect(cancelled).toBe(true);
  });
});
