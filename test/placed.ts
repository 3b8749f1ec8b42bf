/** Where models of a whole run compute: `BATON_BACKEND=reference npm run test:goldens` and so on. */
import type { LoadOptions } from '../src/pretrained/load.ts';

const backend = process.env.BATON_BACKEND;
if (backend !== undefined && backend !== 'reference' && backend !== 'wasm') {
  throw new Error(`BATON_BACKEND must be reference or wasm, got ${backend}`);
}

export const placed: LoadOptions = backend === undefined ? {} : { backend };
