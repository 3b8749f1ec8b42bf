/** `npm run web`: the page on this machine alone, with what it loads from the repository. */
import { createServer } from 'node:http';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sendFile } from '../../scripts/send-file.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const served = ['apps/web', 'dist', 'weights', 'node_modules/gpu.js/dist'].map((folder) => join(root, folder) + sep);

/** Listens on a port of 127.0.0.1, 0 for any that is free; gives the server and the page's address. */
export async function serve(port = 0) {
  const server = createServer(({ url, headers }, response) => {
    const file = join(root, decodeURIComponent(new URL(url, 'http://localhost').pathname));
    sendFile(served.some((folder) => file.startsWith(folder)) ? file : undefined, headers, response);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${server.address().port}/apps/web/index.html` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await serve(Number(process.argv[2] ?? 8080));
  console.log(address);
}
