/** One request, and what its answer means: there, not there, or an error that names status and address. */
import { LoadError } from '../errors.ts';
import { SMALL_FILE_LIMIT } from './files.ts';
import { tooLarge } from './place.ts';

export interface HttpOptions {
  /** In place of the global one. */
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** What to do when the server answers 401 or 403. */
  readonly deniedHint?: string;
}

export interface Asked {
  readonly method?: 'HEAD';
  readonly redirect?: 'manual';
  readonly headers?: Readonly<Record<string, string>>;
}

/** Any answer, whatever its status; a server that gives none is a LoadError. */
export async function request(url: URL, options: HttpOptions, init: Asked = {}): Promise<Response> {
  const { fetch = globalThis.fetch, headers, signal } = options;
  try {
    return await fetch(url, { ...init, signal, headers: { ...headers, ...init.headers } });
  } catch (cause) {
    signal?.throwIfAborted();
    const deeper = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
    throw new LoadError(`the address can't be reached${deeper}`, { op: 'load', where: addressName(url), cause });
  }
}

/**
 * Whether the answer says that there is such a file. Two answers mean the same as 404: 410, and the page that single-page
 * servers send for every path they don't know.
 */
export function isThere(response: Response, url: URL, options: HttpOptions): boolean {
  const { status, ok, headers } = response;
  const code = headers.get('x-error-code');
  if (status === 410 || (status === 404 && code !== 'RepoNotFound' && code !== 'RevisionNotFound')) return false;
  if (ok) return !(headers.get('content-type') ?? '').startsWith('text/html');
  throw statusError(response, url, options);
}

export function statusError(response: Response, url: URL, { deniedHint }: HttpOptions): LoadError {
  const { status, statusText, headers } = response;
  const said = headers.get('x-error-message')?.slice(0, 200);
  return new LoadError(`HTTP status ${status} ${statusText}`.trimEnd() + (said ? `: ${said}` : ''), {
    op: 'load',
    where: addressName(url),
    got: status,
    hint: status === 401 || status === 403 ? deniedHint : undefined,
  });
}

/** The length of the file itself; a compressed body tells another one. */
export function lengthTold({ headers }: Response): number | undefined {
  const encoding = headers.get('content-encoding') ?? 'identity';
  const length = headers.get('content-length');
  return encoding === 'identity' && length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

/** The whole body, cut off at the limit for small files and checked against the length told. */
export async function readBody(response: Response, where: string, arrived?: (bytes: number) => void) {
  const told = lengthTold(response);
  if (told !== undefined && told > SMALL_FILE_LIMIT) {
    await discard(response);
    throw tooLarge(told, where);
  }
  const chunks: Uint8Array[] = [];
  const size = await eachChunk(response, where, (chunk, total) => {
    if (total > SMALL_FILE_LIMIT) throw tooLarge('more', where);
    chunks.push(chunk);
    arrived?.(total);
  });
  if (told !== undefined && size !== told) throw broken(`ends after ${size} of ${told} bytes`, where);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Hands on each chunk with the sum so far; an error in `take` cancels the rest. Returns the sum. */
export async function eachChunk(
  response: Response,
  where: string,
  take: (chunk: Uint8Array, total: number) => void | Promise<void>,
): Promise<number> {
  let total = 0;
  const reader = response.body?.getReader();
  if (reader === undefined) return 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw broken(`broke off after ${total} bytes`, where, cause);
      });
      if (done) return total;
      total += value.length;
      await take(value, total);
    }
  } catch (error) {
    reader.cancel().catch(() => {}); // The first error is the one to tell.
    throw error;
  }
}

export function broken(what: string, where: string, cause?: unknown): LoadError {
  return new LoadError(`the body ${what}`, { op: 'load', where, cause });
}

/** Lets the connection go without reading the body. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** An address without credentials and query: those may be secret. */
export function addressName({ origin, protocol, pathname }: URL): string {
  return origin === 'null' ? protocol : origin + pathname;
}
