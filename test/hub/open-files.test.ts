import { afterEach, describe, expect, it, vi } from 'vitest';
import { LoadError, OptionError, UnsupportedOptionError } from '../../src/errors.ts';
import { openMap } from '../../src/hub/map.ts';
import { openFiles, type Where } from '../../src/hub/open-files.ts';
import { errorOf } from './folders.ts';
import { FIRST, serveHub } from './hub-server.ts';
import { fileHandler, serve } from './server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('openFiles on a page', () => {
  it('takes addresses', async () => {
    const { url } = await serve(fileHandler({ '/m/config.json': '{"a":1}' }));
    for (const where of [`${url}/m`, `${url}/m/`, new URL('/m', url)]) {
      expect(await (await openFiles(where)).json('config.json')).toEqual({ a: 1 });
    }
  });

  it('takes ids of the Hub', async () => {
    const hub = await serveHub({ [FIRST]: { 'config.json': '{"a":1}' } });
    vi.stubEnv('HF_ENDPOINT', hub.url);
    const files = await openFiles('org/name');
    expect(files.name).toBe('org/name');
    expect(await files.json('config.json')).toEqual({ a: 1 });
  });

  it('takes paths on the server of the page', async () => {
    const { url } = await serve(fileHandler({ '/app/models/config.json': '{"a":1}' }));
    vi.stubGlobal('location', { href: `${url}/app/index.html` });
    for (const where of ['./models', '/app/models', '../app/models/']) {
      expect(await (await openFiles(where)).json('config.json')).toEqual({ a: 1 });
    }
    vi.stubGlobal('document', { baseURI: `${url}/app/deep/` });
    expect(await (await openFiles('../models')).has('config.json')).toBe(true);
  });

  it('takes files one by one, picked files, and files that are open already', async () => {
    const map = { 'config.json': '{"a":1}' };
    expect(await (await openFiles(map)).json('config.json')).toEqual({ a: 1 });
    expect(await (await openFiles([new File(['{"a":1}'], 'config.json')])).json('config.json')).toEqual({ a: 1 });
    const open = openMap(map);
    expect(await openFiles(open)).toBe(open);
  });

  it.each(['', 'a/b/c', './models', 'no such id', 'data:text/plain,x'])(
    'tells what %j could have been',
    async (where) => {
      const error = await errorOf(openFiles(where));
      expect(error).toBeInstanceOf(LoadError);
      expect(String(error)).toMatch(/is neither an address, nor a Hub id, nor a path of this page's server/);
    },
  );

  it('refuses addresses of other kinds', async () => {
    expect(await errorOf(openFiles('http://['))).toBeInstanceOf(LoadError);
    expect(String(await errorOf(openFiles(new URL('ftp://host/x'))))).toContain(
      'must begin with http:// or https://, got "ftp://host/x"',
    );
  });

  it('makes no request where none is wanted', async () => {
    for (const where of ['http://host.invalid/x', 'gpt2']) {
      const error = await errorOf(openFiles(where, { local_files_only: true }));
      expect(error).toBeInstanceOf(LoadError);
      expect(String(error)).toContain('"local_files_only" is set');
    }
  });

  it('has no cache folder', async () => {
    expect(await errorOf(openFiles('gpt2', { cache_dir: '/tmp' }))).toBeInstanceOf(UnsupportedOptionError);
  });

  it.each([{ revision: 7 }, { cache_dir: {} }, { local_files_only: 'false' }, { signal: null }, { fetch: 'curl' }])(
    'refuses %j',
    async (wrong) => {
      const error = await errorOf(openFiles('gpt2', wrong as object));
      expect(error).toBeInstanceOf(OptionError);
      expect(String(error)).toMatch(/^OptionError: load: "(\w+)" must be a \w+, got /);
    },
  );

  it.each([null, 7, 'bytes', 'blob'])('refuses %j as a model', async (kind) => {
    const values: Record<string, unknown> = { bytes: new Uint8Array(3), blob: new Blob([]) };
    const where = (typeof kind === 'string' ? values[kind] : kind) as Where;
    const error = await errorOf(openFiles(where));
    expect(error).toBeInstanceOf(OptionError);
    expect(String(error)).toContain('a model must be a folder, id, address or a record of files, got ');
  });
});
