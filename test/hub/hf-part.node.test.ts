import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimPart, releasePart } from '../../src/hub/hf-part.node.ts';
import { folderWith } from './folders.ts';

/** Larger than any process id a system gives out. */
const DEAD = 2 ** 30;

describe('claimPart', () => {
  it('goes on with what was given back', async () => {
    const folder = await folderWith();
    const blob = join(folder, 'abc');
    const first = await claimPart(blob);
    await writeFile(first, 'half');
    await releasePart(blob, first);
    const second = await claimPart(blob);
    expect(await readFile(second, 'utf8')).toBe('half');
    expect(await readdir(folder)).toEqual([basename(second)]);
  });

  it('goes on with what a dead process of this machine left', async () => {
    const folder = await folderWith({ [`abc.${hostname()}.${DEAD}-x.part`]: 'half' });
    expect(await readFile(await claimPart(join(folder, 'abc')), 'utf8')).toBe('half');
  });

  it('leaves the parts of living processes, other machines and other files alone', async () => {
    const names = [
      `abc.${hostname()}.${process.pid}-x.part`,
      `abc.elsewhere.${DEAD}-x.part`,
      `ab.${hostname()}.0-x.part`,
    ];
    const folder = await folderWith(Object.fromEntries(names.map((name) => [name, 'half'])));
    await expect(readFile(await claimPart(join(folder, 'abc')))).rejects.toThrow('ENOENT');
    expect((await readdir(folder)).sort()).toEqual(names.sort());
  });

  it('of many takers one gets it', async () => {
    const folder = await folderWith({ [`abc.${hostname()}.0-x.part`]: 'half' });
    const parts = await Promise.all(Array.from({ length: 8 }, () => claimPart(join(folder, 'abc'))));
    const got = await Promise.all(parts.map((part) => readFile(part, 'utf8').catch(() => '')));
    expect(got.filter((text) => text === 'half')).toHaveLength(1);
  });
});
