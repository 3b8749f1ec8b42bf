/** `npm run web`: the page on this machine alone, with what it loads from the repository. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const served = ['apps/web', 'dist', 'weights', 'node_modules/gpu.js/dist'].map((folder) => join(root, folder) + sep);
const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** Listens on a port of 127.0.0.1, 0 for any that is free; gives the server and the page's address. */
export async function serve(port = 0) {
  const server = createServer(({ url, headers }, response) => {
    const file = join(root, decodeURIComponent(new URL(url, 'http://localhost').pathname));
    if (!served.some((folder) => file.startsWith(folder)) || !existsSync(file) || !statSync(file).isFile()) {
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
      'Cross-Origin-Opener-Policy': 'same-origin', // threads share memory
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${server.address().port}/apps/web/index.html` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await serve(Number(process.argv[2] ?? 8080));
  console.log(address);
}
