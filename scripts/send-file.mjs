/** For servers of pages on this machine: a file, or the range of it that is asked for, to an isolated page. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';

const types = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Answers with a file; 404 where it is undefined or none. Which files may be seen is the caller's to decide. */
export function sendFile(file, { range = '' }, response) {
  if (file === undefined || !existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(404).end();
    return;
  }
  const { size } = statSync(file);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  const [start, end] = [Number(from ?? 0), to ? Math.min(Number(to), size - 1) : size - 1];
  response.writeHead(from === undefined ? 200 : 206, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ...(from !== undefined && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
    'Cross-Origin-Opener-Policy': 'same-origin', // threads share memory
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  createReadStream(file, { start, end }).pipe(response);
}
