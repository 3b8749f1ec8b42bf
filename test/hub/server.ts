/** A server on this machine, for tests: routes by path, every request written down. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface TestServer {
  readonly url: string;
  /** `GET /config.json`, in the order of arrival. */
  readonly log: string[];
  readonly requests: IncomingMessage[];
  stop(): Promise<void>;
}

/** Ends with the test that started it. */
export async function serve(handler: Handler): Promise<TestServer> {
  const log: string[] = [];
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}`);
    requests.push(request);
    handler(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const stop = () => {
    server.closeAllConnections();
    return new Promise<void>((closed) => server.close(() => closed()));
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log, requests, stop };
}

/** Serves files by path, with ranges, as a plain web server does. */
export function fileHandler(files: Readonly<Record<string, Uint8Array | string>>): Handler {
  return (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname);
    const file = Object.hasOwn(files, path) ? Buffer.from(files[path]) : undefined;
    if (file === undefined) response.writeHead(404).end('nothing here');
    else sendFile(request, response, file);
  };
}

/** A whole file or the range asked for. */
export function sendFile(request: IncomingMessage, response: ServerResponse, file: Buffer): void {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined) {
    response.writeHead(200, { 'content-length': file.length });
    response.end(request.method === 'HEAD' ? undefined : file);
    return;
  }
  const first = Number(from);
  const last = Math.min(to === '' ? Number.POSITIVE_INFINITY : Number(to), file.length - 1);
  if (first > last) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end();
    return;
  }
  const part = file.subarray(first, last + 1);
  response.writeHead(206, {
    'content-length': part.length,
    'content-range': `bytes ${first}-${last}/${file.length}`,
  });
  response.end(part);
}
