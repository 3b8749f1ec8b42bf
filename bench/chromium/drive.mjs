/** Measures an engine in Chromium: a page of its own, isolated so that threads may share memory, driven from here. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { sendFile } from '../../scripts/send-file.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

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
  sendFile(file, headers, response);
}
