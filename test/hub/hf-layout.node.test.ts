import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { cacheFolder, HubLayout } from '../../src/hub/hf-layout.node.ts';
import { folderWith } from './folders.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, symlink: vi.fn(real.symlink) };
});

describe('cacheFolder', () => {
  it('follows the order of the Hugging Face libraries', () => {
    const all = { HF_HUB_CACHE: '/a', HF_HOME: '/b', XDG_CACHE_HOME: '/c' };
    expect(cacheFolder(all)).toBe('/a');
    expect(cacheFolder({ ...all, HF_HUB_CACHE: '' })).toBe(join('/b', 'hub'));
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe(join('/c', 'huggingface', 'hub'));
    expect(cacheFolder({})).toBe(join(homedir(), '.cache', 'huggingface', 'hub'));
    expect(cacheFolder({ HF_HOME: '~/hf' })).toBe(join(homedir(), 'hf', 'hub'));
  });
});

describe('HubLayout', () => {
  it('shows a blob under its name in the snapshot of a commit', async () => {
    const cache = await folderWith({ 'models--org--name/blobs/abc': 'content' });
    const layout = new HubLayout(cache, 'org/name');
    await layout.show('c1', 'slm/config.json', 'abc');
    const name = join(cache, 'models--org--name/snapshots/c1/slm/config.json');
    expect(layout.snapshot('c1', 'slm/config.json')).toBe(name);
    expect(await readFile(name, 'utf8')).toBe('content');
    expect(await readlink(name)).toBe(join('..', '..', '..', 'blobs', 'abc'));
    expect(await readdir(join(name, '..'))).toEqual(['config.json']);
  });

  it('shows a copy where the system gives no links', async () => {
    vi.mocked(symlink).mockRejectedValueOnce(
      Object.assign(new Error('not permitted'), { code: 'EPERM', syscall: 'symlink' }),
    );
    const cache = await folderWith({ 'models--gpt2/blobs/abc': 'content' });
    const layout = new HubLayout(cache, 'gpt2');
    await layout.show('c1', 'a', 'abc');
    expect((await lstat(layout.snapshot('c1', 'a'))).isSymbolicLink()).toBe(false);
    expect(await readFile(layout.snapshot('c1', 'a'), 'utf8')).toBe('content');
  });

  it('leaves no draft where the name is taken by a folder', async () => {
    const cache = await folderWith({ 'models--gpt2/snapshots/c1/a/file': 'x' });
    const layout = new HubLayout(cache, 'gpt2');
    await expect(layout.show('c1', 'a', 'abc')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(await readdir(layout.snapshot('c1'))).toEqual(['a']);
  });

  it('a dangling link is replaced', async () => {
    const cache = await folderWith();
    const layout = new HubLayout(cache, 'gpt2');
    await layout.show('c1', 'a', 'gone');
    await mkdir(join(cache, 'models--gpt2/blobs'));
    await writeFile(layout.blob('abc'), 'content');
    await layout.show('c1', 'a', 'abc');
    expect(await readFile(layout.snapshot('c1', 'a'), 'utf8')).toBe('content');
  });

  it('remembers where a branch stood', async () => {
    const cache = await folderWith();
    const layout = new HubLayout(cache, 'org/name');
    expect(await layout.readRef('main')).toBe(undefined);
    await layout.writeRef('refs/pr/1', 'c1');
    await layout.writeRef('refs/pr/1', 'c2');
    expect(await layout.readRef('refs/pr/1')).toBe('c2');
    expect(await readFile(join(cache, 'models--org--name/refs/refs/pr/1'), 'utf8')).toBe('c2');
    await layout.writeRef('c3', 'c3');
    expect(await readdir(join(cache, 'models--org--name/refs'))).toEqual(['refs']);
  });

  it('a ref that holds a path is no ref', async () => {
    const cache = await folderWith({ 'models--org--name/refs/main': '../../../etc' });
    expect(await new HubLayout(cache, 'org/name').readRef('main')).toBe(undefined);
  });

  it('a revision that holds a path is refused', async () => {
    const layout = new HubLayout(await folderWith(), 'org/name');
    await expect(layout.writeRef('../../x', 'c1')).rejects.toThrow(/plain parts/);
  });
});
