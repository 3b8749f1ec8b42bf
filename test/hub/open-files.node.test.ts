import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { openFiles } from '../../src/hub/open-files.node.ts';
import { errorOf, folderWith } from './folders.ts';
import { FIRST, serveHub } from './hub-server.ts';
import { fileHandler, serve } from './server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('openFiles in Node', () => {
  it('takes folders by path and by URL', async () => {
    const folder = await folderWith({ 'config.json': '{"a":1}' });
    for (const where of [folder, `${folder}/`, pathToFileURL(folder), pathToFileURL(folder).href]) {
      expect(await (await openFiles(where)).json('config.json')).toEqual({ a: 1 });
    }
  });

  it('takes addresses, and a record with files of this machine', async () => {
    const { url } = await serve(fileHandler({ '/config.json': '{"a":1}' }));
    expect(await (await openFiles(url)).json('config.json')).toEqual({ a: 1 });
    const folder = await folderWith({ weights: 'abc' });
    const files = await openFiles({
      'w.bin': pathToFileURL(join(folder, 'weights')),
      'config.json': new URL('/config.json', url),
    });
    expect(await files.text('w.bin')).toBe('abc');
    expect(await files.json('config.json')).toEqual({ a: 1 });
  });

  it('takes ids of the Hub, through the cache', async () => {
    const hub = await serveHub({ [FIRST]: { 'config.json': '{"a":1}' } });
    const cache = await folderWith();
    vi.stubEnv('HF_ENDPOINT', hub.url);
    vi.stubEnv('HF_HUB_CACHE', cache);
    expect(await (await openFiles('org/name')).json('config.json')).toEqual({ a: 1 });
    expect(await (await openFiles('org/name', { local_files_only: true })).json('config.json')).toEqual({ a: 1 });
  });

  it('a folder goes before an id of the same name', async () => {
    const folder = await folderWith({ 'gpt2/config.json': '{"local":true}' });
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await (await openFiles('gpt2')).json('config.json')).toEqual({ local: true });
    } finally {
      process.chdir(before);
    }
  });

  it.each(['./no-such-folder', 'a/b/c', '', 'no such id'])('tells what was tried for %j', async (where) => {
    const error = await errorOf(openFiles(where));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toMatch(/is neither a folder, nor a Hub id, nor an address/);
    expect(error).toMatchObject({
      hint: expect.stringMatching(/^tried the folder .*; a Hub id is "name" or "org\/name"/),
    });
  });

  it('a file in place of a folder is told apart', async () => {
    const folder = await folderWith({ 'config.json': '{}' });
    expect(await errorOf(openFiles(join(folder, 'config.json')))).toBeInstanceOf(LoadError);
    expect(await errorOf(openFiles('file://host-of-others/x%00'))).toBeInstanceOf(LoadError);
  });
});
