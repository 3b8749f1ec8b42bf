import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, LoadError } from '../../src/errors.ts';
import { SMALL_FILE_LIMIT } from '../../src/hub/files.ts';
import { addressOf, openHttp } from '../../src/hub/http.ts';
import { runs } from '../seed.ts';
import { errorOf } from './folders.ts';
import { fileHandler, serve } from './server.ts';

describe('openHttp', () => {
  it('reads a hybrid folder and its neighbour', async () => {
    const { url, log } = await serve(
      fileHandler({
        '/m/hybrid/hybrid.json': '{"llm":"../llm"}',
        '/m/llm/model.bin': 'weights',
        '/m/hybrid/a b#c?': 'odd',
      }),
    );
    const files = openHttp(`${url}/m/hybrid`);
    expect(await files.json('hybrid.json')).toEqual({ llm: '../llm' });
    expect(log).toEqual(['HEAD /m/hybrid/hybrid.json', 'GET /m/hybrid/hybrid.json']);
    const source = await files.sub('../llm').open('model.bin');
    expect(source.size).toBe(7);
    expect(Buffer.from(await source.read(2, 3)).toString()).toBe('igh');
    expect(await files.text('a b#c?')).toBe('odd');
    expect(await files.has('absent.json')).toBe(false);
    expect(await files.stat('hybrid.json')).toEqual({ size: 16 });
  });

  it('asks once for each file', async () => {
    const { url, log } = await serve(fileHandler({ '/config.json': '{}' }));
    const files = openHttp(url);
    await Promise.all([files.has('config.json'), files.has('config.json'), files.sub('.').stat('config.json')]);
    await files.read('config.json');
    expect(log).toEqual(['HEAD /config.json', 'GET /config.json']);
  });

  it('sends the query of the folder with every file, and never tells it in an error', async () => {
    const { url, log } = await serve(fileHandler({ '/m/config.json': '{}' }));
    const files = openHttp(`${url}/m/?signature=secret`);
    await files.read('config.json');
    expect(log).toEqual(['HEAD /m/config.json?signature=secret', 'GET /m/config.json?signature=secret']);
    const error = await errorOf(files.read('absent'));
    expect(String(error)).not.toContain('secret');
    expect(error).toMatchObject({ where: `${url}/m/absent` });
  });

  it('takes another fetch', async () => {
    const asked: string[] = [];
    const fetch = async (url: string | URL | Request, init?: RequestInit) => {
      asked.push(`${init?.method ?? 'GET'} ${url}`);
      return new Response('{"a":1}');
    };
    expect(await openHttp('http://host.invalid/x', { fetch }).json('config.json')).toEqual({ a: 1 });
    expect(asked).toEqual(['HEAD http://host.invalid/x/config.json', 'GET http://host.invalid/x/config.json']);
  });

  it('a server without HEAD is asked for one byte', async () => {
    const handler = fileHandler({ '/config.json': '{"a":1}', '/empty': '' });
    const { url } = await serve((q, r) => (q.method === 'HEAD' ? r.writeHead(405).end() : handler(q, r)));
    const files = openHttp(url);
    expect(await files.stat('config.json')).toEqual({ size: 7 });
    expect(await files.stat('empty')).toEqual({ size: 0 });
    expect(await files.stat('absent')).toBe(undefined);
    expect(await files.json('config.json')).toEqual({ a: 1 });
  });

  it('a size that is not told is no size', async () => {
    const { url } = await serve((q, r) => {
      r.writeHead(200, q.url === '/zipped' ? { 'content-encoding': 'gzip', 'content-length': 5 } : {});
      r.end(q.method === 'HEAD' ? undefined : 'text');
    });
    expect(await openHttp(url).stat('zipped')).toEqual({});
    expect(await openHttp(url).stat('chunked')).toEqual({});
    expect(await openHttp(url).text('chunked')).toBe('text');
  });

  it('the page of a single-page server means that there is no such file', async () => {
    const { url } = await serve((_, r) =>
      r.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
    );
    expect(await openHttp(url).has('tokenizer.json')).toBe(false);
    expect(await errorOf(openHttp(url).json('config.json'))).toMatchObject({ code: 'LOAD' });
  });
});

describe('addressOf', () => {
  it('every file name comes back from the address unchanged, inside the folder', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !/^\.+$|[/\\:]/.test(s));
    fc.assert(
      fc.property(name, (file) => {
        const { pathname, hash, search } = addressOf(new URL('http://host/top/'), file);
        expect(decodeURIComponent(pathname)).toBe(`/top/${file}`);
        expect(hash + search).toBe('');
      }),
      runs(200),
    );
  });
});

describe('hostile servers', () => {
  it.each([401, 403, 429, 500, 503])(
    'status %i is an error with status and address, not a missing file',
    async (status) => {
      const { url } = await serve((_, r) => r.writeHead(status).end());
      const error = await errorOf(openHttp(url).has('config.json'));
      expect(error).toBeInstanceOf(LoadError);
      expect(error).toMatchObject({ got: status, where: `${url}/config.json` });
      expect(String(error)).toContain(`HTTP status ${status}`);
    },
  );

  it('a failure is not remembered', async () => {
    let failing = true;
    const handler = fileHandler({ '/a': 'x' });
    const { url } = await serve((q, r) => (failing ? r.writeHead(500).end() : handler(q, r)));
    const files = openHttp(url);
    await expect(files.has('a')).rejects.toThrow(LoadError);
    failing = false;
    expect(await files.has('a')).toBe(true);
  });

  it('an endless body is cut off at the limit for small files', async () => {
    let sent = 0;
    const { url } = await serve((q, r) => {
      r.writeHead(200);
      if (q.method === 'HEAD') return r.end();
      const piece = Buffer.alloc(1 << 20);
      const more = () => {
        while (!r.destroyed && r.write(piece)) sent += piece.length;
        sent += piece.length;
      };
      r.on('drain', more);
      more();
    });
    const error = await errorOf(openHttp(url).read('config.json'));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain(`must have at most ${SMALL_FILE_LIMIT} bytes`);
    expect(sent).toBeLessThan(2 * SMALL_FILE_LIMIT);
  });

  it('a huge length is refused before a byte is read', async () => {
    const { url, log } = await serve((_, r) => r.writeHead(200, { 'content-length': 2 ** 40 }).flushHeaders());
    const error = await errorOf(openHttp(url).read('config.json'));
    expect(String(error)).toContain(`got ${2 ** 40}`);
    expect(log).toEqual(['HEAD /config.json']);
  });

  it('a huge length that only the body tells is refused too', async () => {
    const { url } = await serve((q, r) => {
      r.writeHead(200, q.method === 'HEAD' ? {} : { 'content-length': 2 ** 40 });
      if (q.method === 'HEAD') r.end();
      else r.write('x');
    });
    expect(String(await errorOf(openHttp(url).read('config.json')))).toContain(`got ${2 ** 40}`);
  });

  it('a body shorter than its length is an error', async () => {
    const { url } = await serve((q, r) => {
      r.writeHead(200, { 'content-length': 100 });
      if (q.method === 'HEAD') return r.end();
      r.write('{"a":1}', () => r.destroy());
    });
    const error = await errorOf(openHttp(url).json('config.json'));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain('the body broke off after');
  });

  it('a fetch whose body differs from the length it tells is an error', async () => {
    const fetch = async () => new Response('{}', { headers: { 'content-length': '5' } });
    const error = await errorOf(openHttp('http://host.invalid', { fetch }).read('config.json'));
    expect(String(error)).toContain('the body ends after 2 of 5 bytes');
  });

  it('a redirect that leads in circles ends', async () => {
    const { url } = await serve((q, r) => r.writeHead(302, { location: q.url }).end());
    expect(await errorOf(openHttp(url).has('config.json'))).toBeInstanceOf(LoadError);
  });

  it('nobody there', async () => {
    const { url, stop } = await serve(() => {});
    await stop();
    const error = await errorOf(openHttp(url).has('config.json'));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain("the address can't be reached");
  });

  it('a silent server is left by the signal, with its reason', async () => {
    const abort = new AbortController();
    const reason = new Error('too slow');
    const { url } = await serve(() => abort.abort(reason));
    expect(await errorOf(openHttp(url, { signal: abort.signal }).has('silent'))).toBe(reason);
  });

  it('a body that stops coming is left by the signal, with its reason', async () => {
    const abort = new AbortController();
    const reason = new Error('too slow');
    const { url } = await serve((q, r) => {
      r.writeHead(200, { 'content-length': 100 });
      if (q.method === 'HEAD') r.end();
      else r.write('{');
    });
    const stop = (bytes: number) => bytes === 1 && abort.abort(reason);
    expect(await errorOf(openHttp(url, { signal: abort.signal }).read('stuck', stop))).toBe(reason);
  });

  it('random bytes are text, or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        const fetch = async () => new Response(bytes);
        const got = await openHttp('http://host.invalid', { fetch })
          .json('config.json')
          .catch((error) => error);
        if (got instanceof Error) expect(got).toBeInstanceOf(FormatError);
      }),
      runs(100),
    );
  });
});
