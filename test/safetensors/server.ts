/** A local HTTP server for one file, which may misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Server extends AsyncDisposable {
  readonly url: string;
  /** Every Range header seen; '' for a request without. */
  readonly ranges: string[];
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export async function serve(answer: Answer): Promise<Server> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? '');
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.safetensors`,
    ranges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Answers as a good server does, with ranges. */
export function withRanges(bytes: Uint8Array, headers: Record<string, string> = {}): Answer {
  return (request, response) => {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (match === null) {
      response.writeHead(200, { 'content-length': bytes.length, ...headers }).end(bytes);
      return;
    }
    const [begin, end] = [Number(match[1]), Math.min(Number(match[2]) + 1, bytes.length)];
    if (begin >= bytes.length) response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    else {
      const told = { 'content-range': `bytes ${begin}-${end - 1}/${bytes.length}`, etag: '"1"', ...headers };
      response.writeHead(206, told).end(bytes.subarray(begin, end));
    }
  };
}

/** Answers with the whole file, whatever was asked for. */
export function withoutRanges(bytes: Uint8Array): Answer {
  return (_, response) => response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
}
