/**
 * One project per kind of run, so that each can be started alone: `vitest run --project NAME`.
 *
 *   node       everything quick, on the sources                           npm test
 *   wasm       the properties of the models once more, on the wasm backend      npm test
 *   gpujs      gpu.js where there is no GPU: webasm and plain JavaScript  npm test
 *   gpujs-…    the properties of the models, on those two                 npm run test:deep
 *   isolated   the command as processes, and tests that mock modules      npm test
 *   goldens    parity with Hugging Face, every folder that is there       npm run test:goldens
 *   deep       fuzzing, and properties that take their time               npm run test:deep
 *   package    the tarball as a stranger gets it (needs dist)             npm run test:package
 *   chromium   the bundle, tensors and kernels in Chromium                npm run test:browser
 *   pages      the bundle under the policies of a site                    npm run test:browser
 *   webgpu     gpu.js on WebGPU, in Chromium                              npm run test:gpu
 *   webgl2     gpu.js on WebGL 2, in Chromium                             npm run test:gpu
 *   page       apps/web in Chromium                                       npm run test:gpu
 *   dawn       gpu.js on WebGPU, in Node (Dawn)                           npm run test:dawn
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { buildWasm } from './scripts/build-wasm.mjs';
import { plantBug } from './test/bugs/plugin.ts';
import { chromiumArgs } from './test/chromium.ts';
import { goldenFolders, goldenRoot } from './test/parity/walk.ts';
import { twins } from './test/twins.ts';

const chromium = playwright({
  launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: chromiumArgs },
});

const onWasm = ['gpt2', 't5', 'llm-to-slm'].map((name) => `test/models/${name}.test.ts`);
/** Debian's Chromium brings a driver for Vulkan that needs no GPU. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const isolated = ['test/cli/**/*.test.ts', 'test/hub/hf-layout.node.test.ts'];
const apart = [
  ...['bugs', 'parity', 'deep', 'package', 'browser', 'pages', 'gpu', 'page', 'dawn'].map(
    (folder) => `test/${folder}/**`,
  ),
  ...isolated,
];

/** Files share their modules: importing the engine a hundred times took longer than most of the tests. */
const quick = { isolate: false, testTimeout: 60_000 };

/** Where a new shape is a new kernel, properties run less often. */
const fewer = (share: number) => ({ BATON_RUNS: String(share * Number(process.env.BATON_RUNS || 1)) });

/** What pages have in common. */
const inPages = {
  define: Object.fromEntries(
    ['BATON_SEED', 'BATON_RUNS'].map((name) => [`process.env.${name}`, JSON.stringify(process.env[name] ?? '')]),
  ),
  resolve: twins('.ts'),
  optimizeDeps: { include: ['fast-check', 'gpu.js'] }, // found late, they would reload the page under the tests
  publicDir: 'dist', // served as it is, so that the bundle under test is the bundle that ships
};
const page = (name: string) => ({
  name,
  browser: {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: chromium,
    instances: [{ browser: 'chromium' as const, name: `${name} in a page` }],
  },
});

/** The properties of the models once more, cached = uncached bit for bit among them. */
const onGpuJs = (mode: string) => ({
  extends: true as const,
  test: { name: `gpujs-${mode}`, include: onWasm, env: { BATON_BACKEND: `gpu:${mode}`, ...fewer(0.05) }, ...quick },
});

/** Tests of gpu.js in a page, where a kernel takes some 30 ms to compile. */
const onGpu = (mode: string) => {
  const [root, models] = [resolve(goldenRoot()), resolve(process.env.BATON_MODELS ?? '../shared/models')];
  const names = goldenFolders(root).folders.map(({ name }) => name);
  const { alias } = inPages.resolve;
  const inPage = fileURLToPath(new URL('test/gpu/browser/goldens-in-page.ts', import.meta.url));
  const ours = Object.entries(alias).map(([find, replacement]) => ({ find, replacement }));
  return {
    ...inPages,
    define: {}, // a variable that is defined here would be set for all projects
    resolve: { alias: [...ours, { find: /^\.\.?\/.*\bgoldens\.ts$/, replacement: inPage }] },
    server: { fs: { allow: ['.', root, models] } },
    test: {
      ...page(mode),
      include: ['test/gpu/browser/**/*.test.ts'],
      testTimeout: 180_000,
      setupFiles: ['test/gpu/browser/setup.ts'],
      provide: {
        env: {
          BATON_BACKEND: `gpu:${mode}`,
          ...fewer(0.04),
          BATON_SEED: process.env.BATON_SEED ?? '',
          BATON_WHOLE: process.env.BATON_WHOLE ?? '',
          BATON_GOLDEN_ROOT: root,
          BATON_GOLDEN_NAMES: names.join(),
          BATON_MODEL_ROOT: existsSync(models) ? models : '',
        },
      },
    },
  };
};

await buildWasm(); // before any test imports what it makes

export default defineConfig({
  plugins: [plantBug()],
  resolve: twins('.node.ts'),
  test: {
    projects: [
      { extends: true, test: { name: 'node', include: ['test/**/*.test.ts'], exclude: apart, ...quick } },
      { extends: true, test: { name: 'wasm', include: onWasm, env: { BATON_BACKEND: 'wasm' }, ...quick } },
      onGpuJs('webasm'),
      onGpuJs('cpu'),
      { extends: true, test: { name: 'gpujs', include: ['test/gpu/*.test.ts'], env: fewer(0.25), ...quick } },
      {
        extends: true,
        test: {
          name: 'dawn',
          include: ['test/dawn/*.test.ts'],
          env: { ...fewer(0.04), ...(existsSync(swiftShader) && { VK_ICD_FILENAMES: swiftShader }) },
          testTimeout: 300_000,
        },
      },
      { extends: true, test: { name: 'isolated', include: isolated, testTimeout: 60_000 } },
      { extends: true, test: { name: 'goldens', include: ['test/parity/**/*.test.ts'], testTimeout: 300_000 } },
      { extends: true, test: { name: 'deep', include: ['test/deep/**/*.test.ts'], testTimeout: 300_000 } },
      { extends: true, test: { name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 120_000 } },
      { extends: true, test: { name: 'pages', include: ['test/pages/**/*.test.ts'], testTimeout: 120_000 } },
      {
        ...inPages,
        test: {
          ...page('chromium'),
          include: ['test/browser/**/*.test.ts', 'test/{tensor,kernels}/**/*.test.ts'],
          exclude: ['test/tensor/print.test.ts', 'test/kernels/relative-bucket.test.ts', 'test/**/*.node.test.ts'], // need Node's modules
          testTimeout: 60_000,
        },
      },
      { extends: true, test: { name: 'page', include: ['test/page/**/*.test.ts'], testTimeout: 150_000 } },
      onGpu('webgpu'),
      onGpu('webgl2'),
    ],
  },
});
