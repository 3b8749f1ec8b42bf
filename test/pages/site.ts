/** A site with what the package ships, and pages of it in Chromium under the policies that a test asks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll } from 'vitest';
import { sendFile, serve } from '../hub/server.ts';

/** What write.js tells. */
export interface Written {
  readonly bits: number;
  readonly sequences: number[][];
  readonly info: { readonly name: string; readonly threads: number; readonly notes: readonly string[] };
  /** Parts of kernels that other threads did. */
  readonly byOthers: number;
  readonly isolated: boolean;
  readonly error?: string;
}

export interface Asked {
  readonly folder: string;
  readonly options: object;
}

/** With these a page's memory may be shared. */
export const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const places: Readonly<Record<string, string>> = {
  batonlm: 'dist/',
  jobs: 'test/pages/',
  page: 'test/pages/',
  write: 'test/pages/',
  worker: 'test/pages/',
};

let browser: Browser;
export function inChromium(): void {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-background-networking'],
    });
  });
  afterAll(() => browser.close());
}

/** A page of the site, every answer of which bears these headers. */
export async function open(headers: Readonly<Record<string, string>>): Promise<Page> {
  const { url } = await serve((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname.slice(1);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader('cache-control', 'no-store');
    if (path === '') {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>batonlm</title><script type="module" src="/page.js"></script>');
      return;
    }
    if (path.endsWith('.js')) response.setHeader('content-type', 'text/javascript');
    try {
      sendFile(request, response, readFileSync(join(places[/^\w+/.exec(path)?.[0] ?? ''] ?? '', path)));
    } catch {
      response.writeHead(404).end('nothing here');
    }
  });
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => document.title === 'ready');
  return page;
}

/** What a model writes in the page's own thread, called by the page's own script: a tool's would be above its policy. */
export function write(page: Page, asked: Asked): Promise<Written> {
  return page.evaluate(
    (asked) =>
      new Promise<Written>((resolve) => {
        addEventListener('written', (event) => resolve((event as CustomEvent).detail), { once: true });
        setTimeout(() => dispatchEvent(new CustomEvent('write', { detail: asked })));
      }),
    asked,
  );
}

/** And in a worker of it. */
export function writeInWorker(page: Page, asked: Asked): Promise<Written> {
  return page.evaluate(
    (asked) =>
      new Promise<Written>((resolve, reject) => {
        const worker = new Worker('/worker.js', { type: 'module' });
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.onmessage = ({ data }) => {
          worker.terminate();
          resolve(data);
        };
        worker.postMessage(asked);
      }),
    asked,
  );
}
