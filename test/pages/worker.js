/** The same in a worker of a page. */
import { write } from './write.js';

self.onmessage = async ({ data }) => {
  self.postMessage(await write(data).catch((error) => ({ error: String(error) })));
};
