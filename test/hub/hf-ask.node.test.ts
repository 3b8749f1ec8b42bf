import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { askHub, isOutage } from '../../src/hub/hf-ask.node.ts';
import { runs } from '../seed.ts';
import { errorOf } from './folders.ts';
import { FIRST, serveHub, sha256 } from './hub-server.ts';
import { serve } from './server.ts';

const ask = (url: string) => askHub(new URL(url), {});

describe('askHub', () => {
  it('learns commit, ETag, size and checksum without a byte of the file', async () => {
    const hub = await serveHub({ [FIRST]: { 'config.json': '{}', 'model.safetensors': 'weights' } });
    const base = `${hub.url}/org/name/resolve/main`;
    expect(await ask(`${base}/config.json`)).toEqual({
      there: true,
      commit: FIRST,
      etag: sha256('{}').slice(0, 40),
      size: 2,
      sha256: undefined,
    });
    const hash = sha256('weights');
    expect(await ask(`${base}/model.safetensors`)).toEqual({
      there: true,
      commit: FIRST,
      etag: hash,
      size: 7,
      sha256: hash,
    });
    expect(await ask(`${base}/absent`)).toMatchObject({ there: false, commit: FIRST });
    expect(hub.store.log).toEqual([]);
    expect(new Set(hub.log.map((line) => line.split(' ')[0]))).toEqual(new Set(['HEAD']));
  });

  it('follows a renamed repository, and no circle', async () => {
    const { url } = await serve((q, r) => {
      if (q.url === '/old') r.writeHead(307, { location: '/new' }).end();
      else if (q.url === '/new') r.writeHead(200, { etag: '"e1"', 'x-repo-commit': 'c1', 'content-length': 3 }).end();
      else r.writeHead(302, { location: '/circle' }).end();
    });
    expect(await ask(`${url}/old`)).toMatchObject({ there: true, commit: 'c1', etag: 'e1', size: 3 });
    const error = await errorOf(ask(`${url}/circle`));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain('more than 5 redirects');
  });

  it('a redirect to elsewhere that tells nothing is not followed', async () => {
    const { url } = await serve((_, r) => r.writeHead(302, { location: 'http://elsewhere.invalid/' }).end());
    expect(await errorOf(ask(url))).toMatchObject({ code: 'LOAD', got: 302 });
  });

  it('a redirect without a usable target is an error', async () => {
    const { url } = await serve((_, r) => r.writeHead(302, { location: 'http://[' }).end());
    expect(await errorOf(ask(url))).toBeInstanceOf(LoadError);
  });

  it('headers never name anything outside the cache folder', async () => {
    const header = fc.oneof(
      fc.constantFrom('..', '../x', '/etc', 'a/b', '"."', '.git', 'a\\b'),
      fc.stringMatching(/^[!-~]{0,9}$/),
    );
    await fc.assert(
      fc.asyncProperty(header, async (value) => {
        const headers = { etag: value, 'x-repo-commit': value, 'content-length': value };
        const told = await askHub(new URL('http://host.invalid'), {
          fetch: async () => new Response(null, { headers }),
        });
        for (const name of [told.etag, told.commit]) expect(name ?? 'plain').toMatch(/^\w[\w.-]*$/);
        if (told.size !== undefined) expect(Number.isSafeInteger(told.size)).toBe(true);
      }),
      runs(200),
    );
  });
});

describe('isOutage', () => {
  it('tells a state that passes from an answer', () => {
    expect(isOutage(new LoadError('unreachable'))).toBe(true);
    for (const got of [429, 500, 503]) expect(isOutage(new LoadError('status', { got }))).toBe(true);
    for (const got of [401, 403, 404]) expect(isOutage(new LoadError('status', { got }))).toBe(false);
    expect(isOutage(new Error('unreachable'))).toBe(false);
  });
});
