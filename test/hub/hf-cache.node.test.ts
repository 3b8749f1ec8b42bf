import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { openHubCache } from '../../src/hub/hf-cache.node.ts';
import { errorOf, folderWith } from './folders.ts';
import { FIRST, SECOND, serveHub, sha256 } from './hub-server.ts';
import { serve } from './server.ts';

const commits: Record<string, Record<string, string>> = {
  [FIRST]: { 'config.json': '{"v":1}', 'model.safetensors': 'old weights', 'slm/config.json': '{"slm":1}' },
  [SECOND]: { 'config.json': '{"v":2}', 'model.safetensors': 'new weights' },
};

async function readWeights(files: ReturnType<typeof openHubCache>): Promise<string> {
  const source = await files.open('model.safetensors');
  const bytes = await source.read(0, source.size);
  await source.close();
  return Buffer.from(bytes).toString();
}

describe('openHubCache', () => {
  it('downloads once, in the layout of the Hugging Face libraries', async () => {
    const hub = await serveHub(commits);
    const cache_dir = await folderWith();
    const files = openHubCache('org/name', { cache_dir }, hub.env);
    expect(files.name).toBe('org/name');
    expect(await files.json('config.json')).toEqual({ v: 1 });
    expect(await readWeights(files)).toBe('old weights');
    expect(await files.sub('slm').json('config.json')).toEqual({ slm: 1 });
    expect(await files.has('absent.json')).toBe(false);
    expect(files.notes).toEqual([]);

    const root = join(cache_dir, 'models--org--name');
    expect((await readdir(root)).sort()).toEqual(['blobs', 'refs', 'snapshots']);
    expect(await readFile(join(root, 'refs/main'), 'utf8')).toBe(FIRST);
    const link = join(root, 'snapshots', FIRST, 'model.safetensors');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(root, 'blobs', sha256('old weights')), 'utf8')).toBe('old weights');
    expect(await readdir(join(root, 'blobs'))).toHaveLength(3);

    const asked = hub.log.length;
    const again = openHubCache('org/name', { cache_dir }, hub.env);
    expect(await readWeights(again)).toBe('old weights');
    expect(hub.log.slice(asked)).toEqual(['HEAD /org/name/resolve/main/model.safetensors']);
    expect(hub.store.log).toHaveLength(1);
  });

  it('reads what another program left in the cache, and asks nobody when offline', async () => {
    const hub = await serveHub(commits);
    const cache_dir = await folderWith({
      'models--org--name/refs/main': FIRST,
      [`models--org--name/snapshots/${FIRST}/config.json`]: '{"v":"cached"}',
    });
    const env = { ...hub.env, HF_HUB_CACHE: cache_dir, HF_HUB_OFFLINE: '1' };
    const offline = [
      openHubCache('org/name', { cache_dir, local_files_only: true }, hub.env),
      openHubCache('org/name', {}, env),
    ];
    for (const files of offline) {
      expect(await files.json('config.json')).toEqual({ v: 'cached' });
      expect(await files.has('model.safetensors')).toBe(false);
      const error = await errorOf(files.open('confg.json'));
      expect(error).toBeInstanceOf(LoadError);
      expect(error).toMatchObject({ nearest: ['config.json'], hint: expect.stringContaining('HF_HUB_OFFLINE') });
    }
    expect(hub.log).toEqual([]);
    expect(await errorOf(openHubCache('other', {}, env).read('config.json'))).toBeInstanceOf(LoadError);
    expect(await openHubCache('org/name', { local_files_only: false }, env).has('model.safetensors')).toBe(true);
  });

  it('all files of one load come from one commit, even if the branch moves meanwhile', async () => {
    const hub = await serveHub(commits);
    const cache_dir = await folderWith();
    const files = openHubCache('org/name', { cache_dir }, hub.env);
    expect(await files.json('config.json')).toEqual({ v: 1 });
    hub.branches.main = SECOND;
    expect(await readWeights(files)).toBe('old weights');
    const next = openHubCache('org/name', { cache_dir }, hub.env);
    expect(await readWeights(next)).toBe('new weights');
    expect(await next.json('config.json')).toEqual({ v: 2 });
  });

  it('asking for many files at once settles the commit with one question', async () => {
    const hub = await serveHub(commits);
    const files = openHubCache('org/name', { cache_dir: await folderWith() }, hub.env);
    await Promise.all(
      ['config.json', 'model.safetensors', 'slm/config.json', 'absent'].map((file) => files.stat(file)),
    );
    expect(hub.log.filter((line) => line.includes('/main/'))).toHaveLength(1);
    expect(hub.log).toHaveLength(4);
  });

  it('an exact commit that is in the cache needs no request', async () => {
    const hub = await serveHub(commits);
    const cache_dir = await folderWith();
    const options = { cache_dir, revision: SECOND };
    expect(await openHubCache('org/name', options, hub.env).json('config.json')).toEqual({ v: 2 });
    const asked = hub.log.length;
    expect(await openHubCache('org/name', options, hub.env).json('config.json')).toEqual({ v: 2 });
    expect(hub.log).toHaveLength(asked);
    expect(await readdir(join(cache_dir, 'models--org--name'))).not.toContain('refs');
  });

  it('equal files of two commits are one blob', async () => {
    const hub = await serveHub({ [FIRST]: { 'model.safetensors': 'same' }, [SECOND]: { 'model.safetensors': 'same' } });
    const cache_dir = await folderWith();
    for (const revision of [FIRST, SECOND])
      await readWeights(openHubCache('org/name', { cache_dir, revision }, hub.env));
    expect(hub.store.log).toHaveLength(1);
  });

  it('without a server the cached commit is taken, with a note', async () => {
    const hub = await serveHub(commits);
    const cache_dir = await folderWith();
    await readWeights(openHubCache('org/name', { cache_dir }, hub.env));
    await hub.stop();
    const files = openHubCache('org/name', { cache_dir }, hub.env);
    expect(await readWeights(files)).toBe('old weights');
    expect(files.notes).toEqual([expect.stringContaining(`using what the cache holds of commit ${FIRST}`)]);
    const error = await errorOf(
      openHubCache('org/name', { cache_dir: await folderWith() }, hub.env).has('config.json'),
    );
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain("the address can't be reached");
  });

  it('an abort is no outage: nothing is taken from the cache instead', async () => {
    const cache_dir = await folderWith({ 'models--org--name/refs/main': FIRST });
    const abort = new AbortController();
    const reason = new Error('stop');
    const silent = await serve(() => abort.abort(reason));
    const files = openHubCache('org/name', { cache_dir, signal: abort.signal }, { HF_ENDPOINT: silent.url });
    expect(await errorOf(files.has('config.json'))).toBe(reason);
    expect(files.notes).toEqual([]);
  });

  it('a cache that can not be written is gone around, with one note', async () => {
    const hub = await serveHub(commits);
    const cache_dir = join(await folderWith({ occupied: 'a file where the cache should be' }), 'occupied');
    const files = openHubCache('org/name', { cache_dir }, hub.env);
    expect(await files.json('config.json')).toEqual({ v: 1 });
    hub.branches.main = SECOND;
    expect(await readWeights(files)).toBe('old weights');
    expect(files.notes).toEqual([expect.stringContaining('files are read by HTTP and not kept in the cache: E')]);
  });

  it('a server without commit or ETag is read by HTTP, with a note', async () => {
    const fetch = async () => new Response('{"v":1}');
    const cache_dir = await folderWith();
    const files = openHubCache('org/name', { cache_dir, fetch }, {});
    expect(await files.json('config.json')).toEqual({ v: 1 });
    expect(files.notes).toEqual([expect.stringContaining('does not tell commit, ETag and size')]);
    expect(await readdir(cache_dir)).toEqual([]);
  });

  it('a first file that tells nothing leaves the commit open for the next', async () => {
    const hub = await serveHub(commits);
    const cache_dir = await folderWith();
    const fetch: typeof globalThis.fetch = async (url, init) =>
      String(url).endsWith('absent') ? new Response(null, { status: 404 }) : globalThis.fetch(url, init);
    const files = openHubCache('org/name', { cache_dir, fetch }, hub.env);
    expect(await files.has('absent')).toBe(false);
    expect(await files.json('config.json')).toEqual({ v: 1 });
    expect(await readdir(join(cache_dir, 'models--org--name/snapshots'))).toEqual([FIRST]);
  });

  it('tells how much of a download has arrived', async () => {
    const hub = await serveHub(commits);
    const seen: number[] = [];
    const files = openHubCache('org/name', { cache_dir: await folderWith() }, hub.env);
    await files.open('model.safetensors', (bytes) => seen.push(bytes));
    expect(seen).toEqual([0, 11]);
    await files.close();
  });

  it('weights that are not what the Hub says they are never reach the snapshot', async () => {
    const hub = await serveHub(commits);
    const cache_dir = await folderWith();
    const fetch: typeof globalThis.fetch = async (url, init) =>
      init?.method === 'HEAD' ? globalThis.fetch(url, init) : new Response('bad weights');
    const error = await errorOf(openHubCache('org/name', { cache_dir, fetch }, hub.env).open('model.safetensors'));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain(`the SHA-256 of the download must be ${sha256('old weights')}`);
    expect(await readdir(join(cache_dir, 'models--org--name'))).not.toContain('snapshots');
  });

  it('a repository that is not there is an error even where the cache has one', async () => {
    const hub = await serveHub({});
    const cache_dir = await folderWith({ 'models--org--name/refs/main': FIRST });
    const error = await errorOf(openHubCache('org/name', { cache_dir }, hub.env).has('config.json'));
    expect(error).toMatchObject({ code: 'LOAD', got: 404 });
  });

  it('a folder in place of a file is no file', async () => {
    const cache_dir = await folderWith();
    const snapshot = join(cache_dir, 'models--org--name/snapshots', FIRST);
    await mkdir(join(snapshot, 'config.json'), { recursive: true });
    await writeFile(join(snapshot, 'a'), 'x');
    const files = openHubCache('org/name', { cache_dir, revision: FIRST, local_files_only: true }, {});
    expect(await files.has('config.json')).toBe(false);
    expect(await files.text('a')).toBe('x');
    expect(() => files.sub('../other')).toThrow(/leads out of the repository/);
  });
});
