import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { openUrl } from '../../src/safetensors/index.ts';
import { expectError } from './files.ts';
import { serve, withoutRanges, withRanges } from './server.ts';

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i * 7);

/** The first request is answered well, and the second as told. */
function thenAnswer(second: (response: ServerResponse) => void) {
  const good = withRanges(bytes);
  let seen = 0;
  return serve((request, response) => (seen++ === 0 ? good(request, response) : second(response)));
}

describe('openUrl', () => {
  it('reads by ranges, and the beginning in one request', async () => {
    await using server = await serve(withRanges(bytes));
    const source = await openUrl(server.url);
    expect(source.size).toBe(200_000);
    expect(source.note).toBeUndefined();
    expect(source.name).toBe(server.url);
    expect(await source.read(65_000, 536)).toEqual(bytes.slice(65_000, 65_536));
    const into = new Uint8Array(536);
    expect(await source.read(65_000, 536, into)).toBe(into);
    expect(into).toEqual(bytes.slice(65_000, 65_536));
    expect(server.ranges).toEqual(['bytes=0-65535']);
    expect(await source.read(65_000, 537, new Uint8Array(537))).toEqual(bytes.slice(65_000, 65_537));
    expect(await source.read(200_000, 0)).toEqual(new Uint8Array());
    expect(await source.read(199_999, 1)).toEqual(bytes.slice(199_999));
    expect(server.ranges.slice(1)).toEqual(['bytes=65000-65536', 'bytes=199999-199999']);
    await source.close();
  });

  it('sends the headers given, and uses the fetch given', async () => {
    const seen: unknown[] = [];
    const source = await openUrl('https://user:secret@host.test/a/m.safetensors?token=secret', {
      headers: { Authorization: 'Bearer t' },
      fetch: async (_, init) => {
        seen.push(init?.headers);
        return new Response(bytes.slice(0, 10), { status: 206, headers: { 'content-range': 'bytes 0-9/10' } });
      },
    });
    expect(seen).toEqual([{ Authorization: 'Bearer t', Range: 'bytes=0-65535' }]);
    expect(source.name).toBe('https://host.test/a/m.safetensors');
    expect(source.size).toBe(10);
  });

  it('opens data: and blob: addresses, and does not repeat them in messages', async () => {
    const blob = URL.createObjectURL(new Blob([bytes.slice(0, 3)]));
    for (const address of [blob, 'data:application/octet-stream;base64,AAcO']) {
      const source = await openUrl(address);
      expect(await source.read(0, 3)).toEqual(bytes.slice(0, 3));
      expect(source.name).toBe(new URL(address).protocol);
    }
    URL.revokeObjectURL(blob);
  });

  it('downloads the whole file where the server ignores Range, and says so', async () => {
    await using server = await serve(withoutRanges(bytes));
    const source = await openUrl(server.url);
    expect(source.note).toBe('the server ignores Range: the whole file (200000 bytes) was downloaded');
    expect(await source.read(100_000, 100_000)).toEqual(bytes.slice(100_000));
    expect(server.ranges).toHaveLength(1);
  });

  it.each([['bytes 0-65535/*'], [undefined]])('downloads the whole file where Content-Range is %s', async (told) => {
    await using server = await serve((request, response) => {
      if (request.headers.range === undefined)
        response.writeHead(200).end(bytes); // chunked: no length told
      else response.writeHead(206, told === undefined ? {} : { 'content-range': told }).end(bytes.subarray(0, 65_536));
    });
    const source = await openUrl(server.url);
    expect(source.note).toMatch(/^the server does not tell the size in Content-Range: the whole file/);
    expect(await source.read(0, 200_000)).toEqual(bytes);
  });

  it('opens an empty file', async () => {
    await using server = await serve(withRanges(new Uint8Array()));
    expect((await openUrl(server.url)).size).toBe(0);
  });

  it.each([
    [404, {}, 'HTTP status 404 Not Found'],
    [206, { 'content-range': 'bytes 1-65536/200000' }, 'HTTP status 206 with Content-Range "bytes 1-65536/200000"'],
    [
      206,
      { 'content-range': 'bytes 0-9/200000' },
      'expected Content-Range "bytes 0-65535/200000", got "bytes 0-9/200000"',
    ],
    [206, { 'content-range': 'lines 0-9/10' }, 'HTTP status 206 with Content-Range "lines 0-9/10"'],
    [206, { 'content-range': `bytes 0-65535/${'9'.repeat(30)}` }, 'HTTP status 206 with Content-Range'],
    [206, { 'content-range': 'bytes 0-65535/70000' }, 'the body goes on after the 65536 bytes it should have'],
    [206, { 'content-range': 'bytes 0-299999/300000' }, 'expected Content-Range "bytes 0-65535/300000"'],
    [416, { 'content-range': 'bytes */5' }, 'HTTP status 416'],
  ])('an answer %i %o is a LoadError', async (status, headers, message) => {
    await using server = await serve((_, response) => response.writeHead(status, headers).end(bytes));
    const error = await expectError(() => openUrl(server.url), LoadError, message);
    expect(error.where).toBe(server.url);
  });

  it('a body that is cut short is a LoadError', async () => {
    const short = { status: 206, headers: { 'content-range': 'bytes 0-9/10' } };
    const fetch = async () => new Response(bytes.slice(0, 9), short);
    await expectError(() => openUrl('http://host.test/', { fetch }), LoadError, 'the body ends after 9 of 10 bytes');
    const whole = async () => new Response(bytes.slice(0, 9), { status: 200, headers: { 'content-length': '10' } });
    await expectError(
      () => openUrl('http://host.test/', { fetch: whole }),
      LoadError,
      'the body ends after 9 of 10 bytes',
    );
    const long = async () => new Response(bytes.slice(0, 9), { status: 200, headers: { 'content-length': '8' } });
    await expectError(() => openUrl('http://host.test/', { fetch: long }), LoadError, 'goes on after the 8 bytes');
    const none = async () => new Response(null, { status: 200 });
    await expectError(() => openUrl('http://host.test/', { fetch: none }), LoadError, 'without a whole body');
    for (const length of ['999999999999', 'many', '-1e99999']) {
      const huge = async () => new Response(bytes, { status: 200, headers: { 'content-length': length } });
      const kind = length === '-1e99999' ? 'goes on after' : `${length} bytes are too many at once`;
      await expectError(() => openUrl('http://host.test/', { fetch: huge }), LoadError, kind);
    }
  });

  it('takes a compressed whole body, whose told length is that of the compressed form', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-length': '17' };
    const source = await openUrl('http://host.test/', { fetch: async () => new Response(bytes, { headers }) });
    expect(source.size).toBe(200_000);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    [
      'expected Content-Range',
      (r) => r.writeHead(206, { 'content-range': 'bytes 0-9/200000', etag: '"1"' }).end('0123456789'),
    ],
    ['the file changed since it was opened', (r) => r.writeHead(206, { etag: '"2"' }).end()],
    ['(HTTP status 200)', (r) => r.writeHead(200, { etag: '"1"' }).end(bytes)],
    ['HTTP status 500', (r) => r.writeHead(500).end()],
    [
      'broke off after 5 bytes',
      (r) => {
        r.writeHead(206, { 'content-range': 'bytes 70000-70009/200000', etag: '"1"', 'content-length': '10' }).write(
          '01234',
          () => r.destroy(),
        );
      },
    ],
    ["the address can't be reached", (r) => r.destroy()],
  ])('a later answer that is wrong is a LoadError: %s', async (message, second) => {
    await using server = await thenAnswer(second);
    const source = await openUrl(server.url);
    await expectError(() => source.read(70_000, 10), LoadError, message);
  });

  it('cuts off a body without end', async () => {
    await using server = await thenAnswer((response) => {
      response.writeHead(206, { 'content-range': 'bytes 70000-70009/200000', etag: '"1"' });
      const more = () => {
        if (!response.destroyed) response.write(bytes, more);
      };
      more();
    });
    const source = await openUrl(server.url);
    await expectError(() => source.read(70_000, 10), LoadError, 'the body goes on after the 10 bytes it should have');
  });

  it('does not make room for a size that only the server believes in', async () => {
    const headers = { 'content-range': `bytes 0-65535/${2 ** 52}` };
    const fetch = async () => new Response(bytes.slice(0, 65_536), { status: 206, headers });
    const source = await openUrl('http://host.test/', { fetch });
    await expectError(() => source.read(0, 2 ** 51), LoadError, `${2 ** 51} bytes don't fit into one array`);
  });

  it('ends with the reason of the signal, before, between and while reading', async () => {
    const reason = new Error('enough');
    await expect(openUrl('http://host.test/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    await using server = await thenAnswer((response) => {
      response
        .writeHead(206, { 'content-range': 'bytes 70000-70009/200000', etag: '"1"' })
        .write('01', () => abort.abort(reason));
    });
    const source = await openUrl(server.url, { signal: abort.signal });
    await expect(source.read(70_000, 10)).rejects.toBe(reason);
    await expect(source.read(70_000, 10)).rejects.toBe(reason);
  });

  it('tells that an address is none, or leads nowhere', async () => {
    await expectError(() => openUrl('model.safetensors'), LoadError, '"model.safetensors" is no complete address');
    await expectError(() => openUrl('http://127.0.0.1:1/'), LoadError, "the address can't be reached");
  });
});
