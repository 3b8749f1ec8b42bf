import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadError } from '../../src/errors.ts';
import { download } from '../../src/hub/hf-download.node.ts';
import { runs } from '../seed.ts';
import { errorOf, folderWith } from './folders.ts';
import { sha256 } from './hub-server.ts';
import { fileHandler, sendFile, serve } from './server.ts';

const text = 'The baton is handed over once.';
const size = text.length;
const part = (pid: number) => `blob.${hostname()}.${pid}-x.part`;

describe('download', () => {
  it('brings a file, tells how much has arrived, and leaves nothing else', async () => {
    const { url, log } = await serve(fileHandler({ '/f': text }));
    const folder = await folderWith();
    const seen: number[] = [];
    await download(new URL('/f', url), join(folder, 'blob'), { size, sha256: sha256(text) }, {}, (n) => seen.push(n));
    expect(await readFile(join(folder, 'blob'), 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['blob']);
    expect(log).toEqual(['GET /f']);
    expect(seen).toEqual([0, size]);
  });

  it('an empty file needs no request', async () => {
    const folder = await folderWith();
    await download(new URL('http://host.invalid'), join(folder, 'blob'), { size: 0, sha256: sha256('') }, {});
    expect(await readFile(join(folder, 'blob'), 'utf8')).toBe('');
  });

  it('goes on where the last download broke off, wherever that was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: size - 1 }), async (at) => {
        const folder = await folderWith({ [part(0)]: text.slice(0, at) });
        const asked: (string | null)[] = [];
        const fetch = async (_: unknown, init?: RequestInit) => {
          asked.push(new Headers(init?.headers).get('range'));
          const headers = { 'content-range': `bytes ${at}-${size - 1}/${size}` };
          return new Response(text.slice(at), { status: 206, headers });
        };
        await download(new URL('http://host.invalid'), join(folder, 'blob'), { size, sha256: sha256(text) }, { fetch });
        expect(asked).toEqual([`bytes=${at}-`]);
        expect(await readFile(join(folder, 'blob'), 'utf8')).toBe(text);
      }),
      runs(20),
    );
  });

  it('starts anew where the server knows no ranges', async () => {
    const { url, log } = await serve((_, r) => r.end(text));
    const folder = await folderWith({ [part(0)]: 'something else' });
    await download(new URL(url), join(folder, 'blob'), { size, sha256: sha256(text) }, {});
    expect(await readFile(join(folder, 'blob'), 'utf8')).toBe(text);
    expect(log).toHaveLength(1);
  });

  it('a part that is longer than the file is begun anew', async () => {
    const { url, requests } = await serve(fileHandler({ '/f': text }));
    const folder = await folderWith({ [part(0)]: `${text} And more.` });
    await download(new URL('/f', url), join(folder, 'blob'), { size }, {});
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined]);
    expect(await readFile(join(folder, 'blob'), 'utf8')).toBe(text);
  });

  it('resumes by itself while each try brings something', async () => {
    let tries = 0;
    let breakOff = () => {};
    const { url, requests } = await serve((q, r) => {
      if (++tries === 3) return sendFile(q, r, Buffer.from(text));
      const start = Number(/\d+/.exec(q.headers.range ?? '0'));
      const headers = { 'content-length': size - start, 'content-range': `bytes ${start}-${size - 1}/${size}` };
      r.writeHead(start > 0 ? 206 : 200, headers);
      r.write(text.slice(start, start + 5));
      breakOff = () => r.destroy();
    });
    const folder = await folderWith();
    const cut = (bytes: number) => bytes === 5 * tries && breakOff();
    await download(new URL(url), join(folder, 'blob'), { size }, {}, cut);
    expect(await readFile(join(folder, 'blob'), 'utf8')).toBe(text);
    expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=5-', 'bytes=10-']);
  });

  it('a server that hands out a byte at a time is left in the end, and what came is kept', async () => {
    const { url, log } = await serve((q, r) => {
      const start = Number(/\d+/.exec(q.headers.range ?? '0'));
      r.writeHead(start > 0 ? 206 : 200, { 'content-range': `bytes ${start}-${size - 1}/${size}` });
      r.end(text[start]);
    });
    const folder = await folderWith();
    const error = await errorOf(download(new URL(url), join(folder, 'blob'), { size }, {}));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain(`ends after 5 of ${size} bytes`);
    expect(log).toHaveLength(5);
    const [kept] = await readdir(folder);
    expect(await readFile(join(folder, kept), 'utf8')).toBe(text.slice(0, 5));
  });

  it('an endless body is cut off at the size', async () => {
    const { url } = await serve((_, r) => {
      const more = () => {
        while (!r.destroyed && r.write(Buffer.alloc(65_536)));
      };
      r.on('drain', more);
      more();
    });
    const folder = await folderWith();
    const error = await errorOf(download(new URL(url), join(folder, 'blob'), { size }, {}));
    expect(error).toBeInstanceOf(LoadError);
    expect(String(error)).toContain(`goes on after the ${size} bytes it should have`);
    expect(await readdir(folder)).not.toContain('blob');
  });

  it('a wrong checksum is an error, and nothing is kept of it', async () => {
    const { url } = await serve((_, r) => r.end(text.toUpperCase()));
    const folder = await folderWith();
    const error = await errorOf(download(new URL(url), join(folder, 'blob'), { size, sha256: sha256(text) }, {}));
    expect(error).toBeInstanceOf(LoadError);
    expect(error).toMatchObject({ expected: sha256(text), got: sha256(text.toUpperCase()) });
    expect(await readdir(folder)).toEqual([]);
  });

  it('another range than the one asked for is an error', async () => {
    const { url } = await serve((_, r) => r.writeHead(206, { 'content-range': `bytes 0-4/${size}` }).end('The b'));
    const folder = await folderWith({ [part(0)]: text.slice(0, 5) });
    const error = await errorOf(download(new URL(url), join(folder, 'blob'), { size }, {}));
    expect(String(error)).toContain(`is "bytes 0-4/${size}", asked for 5-${size - 1} of ${size}`);
  });

  it('a part that the server cannot continue is begun anew by the next download', async () => {
    let known = false;
    const { url } = await serve((q, r) => (known ? sendFile(q, r, Buffer.from(text)) : r.writeHead(416).end()));
    const folder = await folderWith({ [part(0)]: 'what?' });
    const error = await errorOf(download(new URL(url), join(folder, 'blob'), { size }, {}));
    expect(error).toMatchObject({ got: 416 });
    known = true;
    await download(new URL(url), join(folder, 'blob'), { size, sha256: sha256(text) }, {});
    expect(await readdir(folder)).toEqual(['blob']);
  });

  it('an abort ends it with its reason, and the next one goes on', async () => {
    const abort = new AbortController();
    const reason = new Error('stop');
    let stuck = true;
    const { url, requests } = await serve((q, r) => {
      if (!stuck) return sendFile(q, r, Buffer.from(text));
      r.writeHead(200, { 'content-length': size });
      r.write(text.slice(0, 7));
    });
    const folder = await folderWith();
    const stop = (bytes: number) => bytes === 7 && abort.abort(reason);
    const { signal } = abort;
    expect(await errorOf(download(new URL(url), join(folder, 'blob'), { size }, { signal }, stop))).toBe(reason);
    stuck = false;
    await download(new URL(url), join(folder, 'blob'), { size, sha256: sha256(text) }, {});
    expect(requests[1].headers.range).toBe('bytes=7-');
    expect(await readFile(join(folder, 'blob'), 'utf8')).toBe(text);
  });
});
