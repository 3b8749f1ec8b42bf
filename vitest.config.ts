/**
 * One project per kind of run, so that each can be started alone: `vitest run --project NAME`.
 *
 *   node       everything quick, on the sources                           npm test
 *   wasm       the properties of the models once more, on the wasm backend      npm test
 *   isolated   the command as processes, and tests that mock modules      npm test
 *   goldens    parity with Hugging Face, every folder that is there       npm run test:goldens
 *   deep       fuzzing, and properties that take their time               npm run test:deep
 *   package    the tarball as a stranger gets it (needs dist)             npm run test:package
 *   chromium   the bundle, tensors and kernels in Chromium                npm run test:browser
 *   gpu        gpu.js on WebGPU and WebGL 2, in Chromium                  npm run test:gpu
 */
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { buildWasm } from './scripts/build-wasm.mjs';
import { plantBug } from './test/bugs/plugin.ts';

/** Debian's Chromium; SwiftShader in place of a GPU, for WebGL2 and WebGPU alike. */
const chromium = playwright({
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
      ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    ],
  },
});

const onWasm = ['gpt2', 't5', 'llm-to-slm'].map((name) => `test/models/${name}.test.ts`);
const isolated = ['test/cli/**/*.test.ts', 'test/hub/hf-layout.node.test.ts'];
const apart = [
  ...['bugs', 'parity', 'deep', 'package', 'browser', 'gpu/browser'].map((folder) => `test/${folder}/**`),
  ...isolated,
];

/** Where the package's own `imports` lead before it is built: the files for Node, or their twins for a page. */
const twins = (extension: '.node.ts' | '.ts') => ({
  alias: {
    '#open-files': fileURLToPath(new URL(`src/hub/open-files${extension}`, import.meta.url)),
    '#platform': fileURLToPath(new URL(`src/kernels/wasm/platform${extension}`, import.meta.url)),
  },
});

/** Files share their modules: importing the engine a hundred times took longer than most of the tests. */
const quick = { isolate: false, testTimeout: 60_000 };

/** What pages have in common; properties run `effort` times as often as in Node. */
const inPages = (effort: number) => ({
  define: Object.fromEntries(
    [
      ['BATON_SEED', process.env.BATON_SEED ?? ''],
      ['BATON_RUNS', String(effort * Number(process.env.BATON_RUNS || 1))],
    ].map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)]),
  ),
  resolve: twins('.ts'),
  optimizeDeps: { include: ['fast-check', 'gpu.js'] }, // found late, they would reload the page under the tests
  publicDir: 'dist', // served as it is, so that the bundle under test is the bundle that ships
});
const page = {
  browser: {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: chromium,
    instances: [{ browser: 'chromium' as const }],
  },
};

await buildWasm(); // before any test imports what it makes

export default defineConfig({
  plugins: [plantBug()],
  resolve: twins('.node.ts'),
  test: {
    projects: [
      { extends: true, test: { name: 'node', include: ['test/**/*.test.ts'], exclude: apart, ...quick } },
      { extends: true, test: { name: 'wasm', include: onWasm, env: { BATON_BACKEND: 'wasm' }, ...quick } },
      { extends: true, test: { name: 'isolated', include: isolated, testTimeout: 60_000 } },
      { extends: true, test: { name: 'goldens', include: ['test/parity/**/*.test.ts'], testTimeout: 300_000 } },
      { extends: true, test: { name: 'deep', include: ['test/deep/**/*.test.ts'], testTimeout: 300_000 } },
      { extends: true, test: { name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 120_000 } },
      {
        ...inPages(1),
        test: {
          ...page,
          name: 'chromium',
          include: ['test/browser/**/*.test.ts', 'test/{tensor,kernels}/**/*.test.ts'],
          exclude: ['test/tensor/print.test.ts', 'test/kernels/relative-bucket.test.ts'], // need Node's modules
          testTimeout: 60_000,
        },
      },
      // A new shape is a new kernel, which takes some 30 ms to compile: fewer runs of every property.
      {
        ...inPages(0.04),
        test: { ...page, name: 'gpu', include: ['test/gpu/browser/**/*.test.ts'], testTimeout: 180_000 },
      },
    ],
  },
});
