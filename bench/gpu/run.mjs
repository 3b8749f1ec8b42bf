/**
 * gpu.js measured: `node bench/gpu/run.mjs products|decode MODE [MODEL_DIR [TOKENS]]`. Modes webgpu and webgl2 run in Chromium, on
 * SwiftShader where there is no GPU, which the figures then say; the others in Node. `CHROMIUM_ARGS` replaces its flags.
 */
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { sendFile } from '../../scripts/send-file.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [what, mode, folder, tokens = '12'] = process.argv.slice(2);
const software = [
  ...['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  ...['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
];

async function inNode() {
  const [engine, { gpuBackend }, gpuJs] = await Promise.all([
    import('../../dist/index.node.js'),
    import('../../dist/gpu.node.js'),
    import('gpu.js'),
  ]);
  if (what === 'products') {
    const { measureProducts } = await import('./products.mjs');
    return measureProducts(engine, gpuBackend, gpuJs.default, mode);
  }
  const { measureDecoding } = await import('./decode.mjs');
  return measureDecoding(engine, gpuBackend, gpuJs.default, mode, folder, Number(tokens));
}

async function inPage() {
  const server = createServer(({ url, headers }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    const file = path.startsWith('/model/') ? join(resolve(folder), path.slice(7)) : join(root, path);
    sendFile(file, headers, response);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const args = process.env.CHROMIUM_ARGS?.split(' ') ?? software;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/bench/gpu/page.html`);
    return await page.evaluate(
      async ([asked, name, count]) => {
        const gpuJs = Object.assign({ GPU: globalThis.GPU }, globalThis.GPU);
        const at = (path) => import(new URL(path, location.origin).href);
        const [engine, { gpuBackend }] = await Promise.all([
          at('/dist/batonlm.min.js'),
          at('/dist/batonlm.gpu.min.js'),
        ]);
        if (asked === 'products')
          return (await at('/bench/gpu/products.mjs')).measureProducts(engine, gpuBackend, gpuJs, name);
        const { measureDecoding } = await at('/bench/gpu/decode.mjs');
        return measureDecoding(engine, gpuBackend, gpuJs, name, `${location.origin}/model`, count);
      },
      [what, mode, Number(tokens)],
    );
  } finally {
    await browser.close();
    server.close();
  }
}

const figures = await (mode === 'webgpu' || mode === 'webgl2' ? inPage() : inNode());
console.log(JSON.stringify({ what, mode, ...figures }));
