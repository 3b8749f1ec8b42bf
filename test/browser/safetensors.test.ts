/** The reader where there is no file system: a page's Blobs, addresses and bytes. */
import { describe, expect, it } from 'vitest';
import { FormatError, LoadError } from '../../src/errors.ts';
import { openSafetensors, writeSafetensors } from '../../src/safetensors/index.ts';

const large = Float32Array.from({ length: 30_000 }, (_, i) => i);
const bytes = writeSafetensors(
  [
    { name: '__proto__', dtype: 'F32', shape: [3, 10_000], data: large },
    { name: 'half', dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0x7e01) },
  ],
  { format: 'pt' },
);

describe('openSafetensors in a page', () => {
  it('gives equal contents from bytes, a Blob, a File and an address', async () => {
    const address = URL.createObjectURL(new Blob([bytes]));
    for (const input of [bytes, bytes.buffer, new Blob([bytes]), new File([bytes], 'm.safetensors'), address]) {
      await using file = await openSafetensors(input);
      expect([...file.metadata]).toEqual([['format', 'pt']]);
      expect(await file.values('half')).toEqual(Uint16Array.of(0x3c00, 0x7e01));
      const into = new Uint8Array(large.byteLength);
      expect(await file.read('__proto__', into)).toBe(into);
      expect(new Float32Array(into.buffer)).toEqual(large);
    }
    URL.revokeObjectURL(address);
  });

  it('tells what is wrong with a file, an address and a path', async () => {
    await expect(openSafetensors(new Blob([bytes.subarray(0, 1000)]))).rejects.toThrow(FormatError);
    await expect(openSafetensors(new URL('/no-such-file.safetensors', 'http://127.0.0.1:1'))).rejects.toThrow(
      LoadError,
    );
    await expect(openSafetensors('model.safetensors')).rejects.toThrow("paths can't be opened here");
  });
});
