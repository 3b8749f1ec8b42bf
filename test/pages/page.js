/** The page's own script: writes when it is asked to. */
import { write } from './write.js';

addEventListener('write', async ({ detail }) => {
  const written = await write(detail).catch((error) => ({ error: String(error) }));
  dispatchEvent(new CustomEvent('written', { detail: written }));
});
document.title = 'ready';
