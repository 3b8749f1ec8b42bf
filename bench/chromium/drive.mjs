/** Measures an engine in Chromium: a page of its own, isolated so that threads may share memory, driven from here. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';

const root = fileURLToPath(new URL('../..', import.meta.url));
const types = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What a row's process prints of it; a page cannot tell its memory. */
export async function measureInPage(row) {
  const server = createServer((request, response) => serve(row.folder, request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/bench/chromium/page.html`);
    const { error, ...outcome } = await page.evaluate((asked) => globalThis.measureInWorker(asked), row);
    if (error !== undefined) throw new Error(error);
    return { ...outcome, info: { ...outcome.info, browser: browser.version() } };
  } finally {
    await browser.close();
    server.close();
  }
}

/** Files of the repository, and of the model under /model/. */
function serve(folder, { url, headers }, response) {
  const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  const file = path.startsWith('/model/') ? join(folder, path.slice('/model/'.length)) : join(root, path);
  if (!existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(404).end();
    return;
  }
  const { size } = statSync(file);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const [start, end] = [Number(from ?? 0), to ? Math.min(Number(to), size - 1) : size - 1];
  response.writeHead(from === undefined ? 200 : 206, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ...(from !== undefined && { 'Content-Range': `bytes ${start}-${end}/${size}` }),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  createReadStream(file, { start, end }).pipe(response);
}
