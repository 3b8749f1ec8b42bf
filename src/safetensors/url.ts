import { LoadError, show } from '../errors.ts';
import { allocate, type ByteSource, checkRange, openBlob, openBytes } from './source.ts';
import { drain, fill } from './stream.ts';

export interface UrlOptions {
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
  /** Sent with every request, such as `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends requests under way; they reject with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The first request brings this much, so that one trip fetches most headers. */
const HEAD_BYTES = 65_536;
/** Ranges under way at a time: each waits for the way to the server and back. Browsers allow a server six connections. */
const AHEAD = 5;
/** A whole download is refused, or cut off, beyond this: it has to fit into memory. */
const MAX_DOWNLOAD_BYTES = 2 ** 31;

/**
 * A file behind an address, read by HTTP ranges. Where the server has none, or hides `Content-Range` from the page, the
 * whole file is downloaded once, and `note` says why.
 *
 * Errors    LoadError status, wrong range, wrong length, a file that changes meanwhile
 */
export async function openUrl(address: string | URL, options: UrlOptions = {}): Promise<ByteSource> {
  const url = parse(address);
  const name = url.protocol.startsWith('http') ? url.origin + url.pathname : url.protocol; // no credentials, no tokens
  try {
    return await openRanges(url, name, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function openRanges(url: URL, name: string, options: UrlOptions): Promise<ByteSource> {
  // `blob:` and `data:` are at hand already; some platforms take a range of them wrongly.
  if (!url.protocol.startsWith('http')) return openBlob(await (await request(url, name, options)).blob(), name);
  const first = await request(url, name, options, [0, HEAD_BYTES]);
  if (first.status === 200) return download(first, name, 'the server ignores Range');
  if (first.status === 416 && first.headers.get('content-range') === 'bytes */0')
    return openBytes(new Uint8Array(), name);
  const size = sizeTold(first, name);
  if (size === undefined) {
    await first.body?.cancel();
    return download(await request(url, name, options), name, 'the server does not tell the size in Content-Range');
  }
  const head = await partOf(first, name, 0, new Uint8Array(Math.min(HEAD_BYTES, size)), size);
  const etag = first.headers.get('etag');

  const source: ByteSource = {
    name,
    size,
    ahead: AHEAD,
    async read(offset, length, into) {
      checkRange(source, offset, length, into);
      if (offset + length <= head.length) {
        const part = head.subarray(offset, offset + length);
        if (into === undefined) return part;
        into.set(part);
        return into;
      }
      if (length === 0) return into ?? new Uint8Array();
      const bytes = into ?? allocate(length, name);
      const response = await request(url, name, options, [offset, length]);
      const tag = response.headers.get('etag');
      if (tag !== null && etag !== null && tag !== etag) {
        await refuse(response, name, 'the file changed since it was opened');
      }
      return partOf(response, name, offset, bytes, size).catch((error) => {
        options.signal?.throwIfAborted();
        throw error;
      });
    },
    async close() {},
  };
  return source;
}

function parse(address: string | URL): URL {
  try {
    return new URL(address);
  } catch (cause) {
    throw new LoadError(`${show(String(address))} is no complete address`, { op: 'safetensors', cause });
  }
}

async function request(url: URL, name: string, options: UrlOptions, range?: [number, number]): Promise<Response> {
  const { fetch = globalThis.fetch, headers, signal } = options;
  const wanted: Record<string, string> = { ...headers };
  if (range !== undefined) wanted.Range = `bytes=${range[0]}-${range[0] + range[1] - 1}`;
  let response: Response;
  try {
    response = await fetch(url, { headers: wanted, signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new LoadError("the address can't be reached", { op: 'safetensors', where: name, cause });
  }
  const known = response.status === 200 || response.status === 206 || response.status === 416;
  return known ? response : refuse(response, name, `HTTP status ${response.status} ${response.statusText}`.trimEnd());
}

/** The size in `bytes 0-7/1234`; undefined where the header is not told or ends in `/*`. */
function sizeTold(response: Response, name: string): number | undefined {
  const told = response.headers.get('content-range');
  if (response.status === 206 && (told === null || told.endsWith('/*'))) return undefined;
  const size = Number(/^bytes 0-\d+\/(\d+)$/.exec(told ?? '')?.[1]);
  if (response.status === 206 && Number.isSafeInteger(size)) return size;
  throw new LoadError(`HTTP status ${response.status} with Content-Range "${told}" for the first bytes`, {
    op: 'safetensors',
    where: name,
  });
}

/** The body of a 206 answer, which must be the very range that was asked for. */
async function partOf(response: Response, name: string, offset: number, bytes: Uint8Array, size: number) {
  const expected = `bytes ${offset}-${offset + bytes.length - 1}/${size}`;
  const told = response.headers.get('content-range');
  if (response.status !== 206 || told !== expected) {
    await refuse(
      response,
      name,
      `expected Content-Range "${expected}", got "${told}" (HTTP status ${response.status})`,
    );
  }
  if (response.body === null) throw new LoadError('the answer has no body', { op: 'safetensors', where: name });
  return fill(bytes, response.body, name);
}

/** The whole file in memory, for servers without ranges. */
async function download(response: Response, name: string, reason: string): Promise<ByteSource> {
  if (response.status !== 200 || response.body === null) {
    return refuse(response, name, `HTTP status ${response.status} without a whole body`);
  }
  // The length told is that of the compressed form, if there is one.
  const told = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const limit = told === null ? MAX_DOWNLOAD_BYTES : Number(told);
  if (!(limit <= MAX_DOWNLOAD_BYTES)) await refuse(response, name, `${reason}, and ${told} bytes are too many at once`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  await drain(response.body, limit, name, (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
  });
  if (told !== null && size !== limit) await refuse(response, name, `the body ends after ${size} of ${limit} bytes`);
  const bytes = allocate(size, name);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { ...openBytes(bytes, name), note: `${reason}: the whole file (${size} bytes) was downloaded` };
}

async function refuse(response: Response, name: string, summary: string): Promise<never> {
  if (!response.body?.locked) await response.body?.cancel().catch(() => {});
  throw new LoadError(summary, { op: 'safetensors', where: name, got: response.status });
}
