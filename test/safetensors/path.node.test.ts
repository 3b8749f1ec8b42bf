import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { openPath } from '../../src/safetensors/index.node.ts';
import { expectError } from './files.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-path-'));
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 3);
const path = join(folder, 'm.safetensors');
writeFileSync(path, bytes);
afterAll(() => rmSync(folder, { recursive: true }));

describe('openPath', () => {
  it('reads at any place, into a given array or a new one', async () => {
    const source = await openPath(path);
    expect([source.name, source.size]).toEqual([path, 1000]);
    expect(await source.read(990, 10)).toEqual(bytes.slice(990));
    const into = new Uint8Array(20).subarray(3, 8);
    expect(await source.read(100, 5, into)).toBe(into);
    expect(into).toEqual(bytes.slice(100, 105));
    expect(await source.read(1000, 0)).toEqual(new Uint8Array());
    await source.close();
    await source.close();
  });

  it('fills shared memory, as threads need it', async () => {
    const source = await openPath(path);
    const into = new Uint8Array(new SharedArrayBuffer(16), 4, 8);
    await source.read(8, 8, into);
    expect(new Uint8Array(into)).toEqual(bytes.slice(8, 16));
    await source.close();
  });

  it('answers many reads at once', async () => {
    const source = await openPath(path);
    const parts = await Promise.all(Array.from({ length: 50 }, (_, i) => source.read(i * 20, 20)));
    expect(Uint8Array.from(parts.flatMap((part) => [...part]))).toEqual(bytes);
    await source.close();
  });

  it('tells that there is no such file, or that it is a folder', async () => {
    const error = await expectError(() => openPath(join(folder, 'none')), LoadError, "the file can't be read: ENOENT");
    expect(error.where).toBe(join(folder, 'none'));
    await expectError(() => openPath(folder), LoadError, 'not a regular file');
    await expectError(() => openPath('a\0b'), LoadError, "the file can't be read");
  });

  it.skipIf(process.platform === 'win32')('does not wait for the writer of a named pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expectError(() => openPath(join(folder, 'pipe')), LoadError, 'not a regular file');
  });

  it('tells that the file was cut while it was open', async () => {
    const short = join(folder, 'short');
    writeFileSync(short, bytes);
    const source = await openPath(short);
    truncateSync(short, 500);
    await expectError(() => source.read(400, 200), LoadError, 'the file was cut to 500 bytes');
    await source.close();
    await expectError(() => source.read(0, 1), LoadError, "the file can't be read");
  });
});
