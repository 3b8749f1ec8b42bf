/** For run.mjs alone, which starts vitest for every bug: without the projects of ../../vitest.config.ts that takes a second less. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { buildWasm } from '../../scripts/build-wasm.mjs';
import { twins } from '../twins.ts';
import { plantBug } from './plugin.ts';

await buildWasm();

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [plantBug()],
  resolve: twins('.node.ts'),
  test: {
    include: ['test/**/*.test.ts'],
    env: { BATON_RUNS: process.env.BATON_RUNS ?? '' },
    isolate: false,
    testTimeout: 60_000,
  },
});
