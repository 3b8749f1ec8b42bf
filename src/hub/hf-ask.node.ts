/** What the Hub says about a file before it sends a byte of it. */
import { LoadError } from '../errors.ts';
import { addressName, type HttpOptions, isThere, lengthTold, request, statusError } from './http-request.ts';

export interface HubFile {
  readonly there: boolean;
  readonly commit?: string;
  /** Names the blob in the cache. */
  readonly etag?: string;
  readonly size?: number;
  /** Of the content, where the Hub knows it: files in large-file storage, such as weights. */
  readonly sha256?: string;
}

const MAX_HOPS = 5;
/** Both become file names of the cache. */
const PLAIN = /^\w[\w.-]{0,199}$/;

/**
 * Redirects are followed within the server only: the last step, to the store that holds a large file, would lose the
 * headers with commit, ETag and size.
 */
export async function askHub(address: URL, options: HttpOptions): Promise<HubFile> {
  let url = address;
  for (let hop = 0; hop <= MAX_HOPS; hop++) {
    const init = { method: 'HEAD', redirect: 'manual', headers: { 'Accept-Encoding': 'identity' } } as const;
    const response = await request(url, options, init);
    const { status, headers } = response;
    const redirected = status >= 300 && status < 400;
    const location = headers.get('location') ?? '';
    if (redirected && URL.canParse(location, url) && new URL(location, url).origin === url.origin) {
      url = new URL(location, url);
      continue;
    }
    const linked = bare(headers.get('x-linked-etag'));
    if (redirected && linked === undefined) throw statusError(response, url, options);
    const linkedSize = headers.get('x-linked-size');
    return {
      there: redirected || isThere(response, url, options),
      commit: bare(headers.get('x-repo-commit')),
      etag: linked ?? bare(headers.get('etag')),
      size: linkedSize !== null && /^\d{1,15}$/.test(linkedSize) ? Number(linkedSize) : lengthTold(response),
      sha256: linked !== undefined && /^[0-9a-f]{64}$/.test(linked) ? linked : undefined,
    };
  }
  throw new LoadError(`more than ${MAX_HOPS} redirects`, { op: 'load', where: addressName(address) });
}

/** `W/"abc"` → `abc`; nothing that isn't a plain name. */
function bare(header: string | null): string | undefined {
  const value = header?.replace(/^W\//, '').replaceAll('"', '');
  return value !== undefined && PLAIN.test(value) ? value : undefined;
}

/** No answer, too many requests, a fault of the server: a state that passes, unlike "no such thing" and "not for you". */
export function isOutage(error: unknown): error is LoadError {
  if (!(error instanceof LoadError)) return false;
  return error.got === undefined || error.got === 429 || (typeof error.got === 'number' && error.got >= 500);
}
