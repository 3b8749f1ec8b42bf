import { LoadError, show } from '../errors.ts';
import { openUrl } from '../safetensors/url.ts';
import type { Arrived, FileStat, ModelFiles } from './files.ts';
import { addressName, discard, type HttpOptions, isThere, lengthTold, readBody, request } from './http-request.ts';
import { modelFiles, type Place } from './place.ts';

/**
 * The folder behind an address. A query (`?signature=…`) is sent with every file.
 *
 * Errors    LoadError no http address; any status but 200–299 and 404, with the address and without its query
 */
export function openHttp(address: string | URL, options: HttpOptions = {}): ModelFiles {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:')
    return modelFiles(httpPlace(url, options), options.signal);
  throw new LoadError(`an address must begin with http:// or https://, got ${show(String(address))}`, {
    op: 'load',
    got: address,
  });
}

export function httpPlace(base: URL, options: HttpOptions): Place {
  const root = new URL(base);
  if (!root.pathname.endsWith('/')) root.pathname += '/';
  return {
    notes: [],
    confined: false,
    where: (path) => addressName(addressOf(root, path)),
    stat: (path) => statUrl(addressOf(root, path), options),
    read: (path, arrived) => readUrl(addressOf(root, path), options, arrived),
    open: (path) => openUrl(addressOf(root, path), options),
  };
}

/** A path below (or beside) a folder's address. */
export function addressOf(root: URL, path: string): URL {
  const url = new URL(path.split('/').map(encodeURIComponent).join('/'), root);
  url.search = root.search;
  return url;
}

/** Asks for a file's size without its bytes. */
export async function statUrl(url: URL, options: HttpOptions): Promise<FileStat | undefined> {
  const head = await request(url, options, { method: 'HEAD', headers: { 'Accept-Encoding': 'identity' } });
  if (head.status !== 405 && head.status !== 501) {
    return isThere(head, url, options) ? { size: lengthTold(head) } : undefined;
  }
  // No HEAD here: the first byte will do, and Content-Range tells the size.
  const first = await request(url, options, { headers: { Range: 'bytes=0-0' } });
  await discard(first);
  if (first.status === 416) return { size: 0 };
  if (!isThere(first, url, options)) return undefined;
  const size = /^bytes 0-0\/(\d{1,15})$/.exec(first.headers.get('content-range') ?? '')?.[1];
  if (first.status !== 206) return { size: lengthTold(first) };
  return size === undefined ? {} : { size: Number(size) };
}

/** A small file as a whole. */
export async function readUrl(url: URL, options: HttpOptions, arrived?: Arrived): Promise<Uint8Array> {
  const response = await request(url, options);
  if (!isThere(response, url, options)) {
    await discard(response);
    throw new LoadError('the file was there a moment ago', {
      op: 'load',
      where: addressName(url),
      got: response.status,
    });
  }
  return readBody(response, addressName(url), arrived);
}
