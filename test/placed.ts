/** Where models of a whole run compute: `BATON_BACKEND=reference npm run test:goldens`, `BATON_BACKEND=gpu:webasm …` and so on. */
import { checkMode, gpuBackend } from '../src/gpu.ts';
import type { LoadOptions } from '../src/pretrained/load.ts';

async function placement(name = ''): Promise<LoadOptions> {
  const [backend, mode] = name.split(':');
  if (backend === '') return {};
  if (backend === 'reference' || backend === 'wasm') return { backend };
  if (backend !== 'gpu') throw new Error(`BATON_BACKEND must be reference, wasm or gpu:MODE, got ${backend}`);
  checkMode(mode);
  return { backend: await gpuBackend({ mode }), ...(typeof location === 'object' && { fetch: uncached }) };
}

/** Chromium's cache mixes up parts of one file that are asked for at once. */
const uncached: typeof fetch = (input, init) => fetch(input, { ...init, cache: 'no-store' });

export const placed = await placement(process.env.BATON_BACKEND);
