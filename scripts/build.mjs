/**
 * Builds dist/, all of it or nothing:
 *
 *   *.js, *.d.ts              the engine, one module per source file, so that bundlers can drop what is not used
 *   *index.node.js, node/     what Node imports, in few files: 250 modules took 90 ms to import and 20 MB
 *   batonlm.min.js            the browser's half of it; what it shares and what it imports on demand lies beside it
 *   batonlm.gpu.min.js        the entry `batonlm/gpu` beside that; gpu.js itself is in no bundle
 *   cli/baton.js              the command with everything it needs, and the licences of what was bundled in
 *
 * `--if-stale` does nothing where dist/ is newer than every source.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildWasm } from './build-wasm.mjs';
import { licenceTexts } from './licences.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const sources = ['src', 'apps', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Time of the last change in a file or in anything below a folder; a removed file changes its folder. */
function changedAt(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => changedAt(join(path, name))));
}

function isStale() {
  const built = join(dist, 'index.js'); // the first file to be written
  return !existsSync(built) || sources.some((path) => changedAt(join(root, path)) > statSync(built).mtimeMs);
}

/** One module and one declaration per source file; comments go into the declarations, where editors look for them. */
function emit(out) {
  compile(out, '--emitDeclarationOnly');
  compile(out, '--declaration', 'false', '--removeComments');
}

function compile(out, ...options) {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', out, ...options];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the sources do not compile; dist/ is left as it was');
}

/** Entries with all they need, minified; gives the paths of the modules that went into it. */
async function bundle(input, output, { platform, tsconfig }) {
  const bundler = await rolldown({
    input,
    cwd: root,
    platform,
    external: ['gpu.js'],
    preserveEntrySignatures: 'allow-extension', // what parts share stays in the first file
    tsconfig: join(root, tsconfig), // its `paths` choose between the two halves of the engine
    onLog(level, { message }) {
      if (level === 'warn') throw new Error(message);
    },
  });
  const { output: written } = await bundler.write({ format: 'esm', minify: true, ...output });
  await bundler.close();
  return written.flatMap(({ moduleIds }) => moduleIds ?? []);
}

async function bundleForBrowsers(out) {
  const parts = { 'auto-tokenizer': 'tokenizers', create: 'wasm', 'host-intake': 'core' }; // by a module of theirs
  const names = {
    entryFileNames: '[name].min.js',
    chunkFileNames: ({ name }) => `batonlm.${parts[name] ?? name}.min.js`,
  };
  const entries = { batonlm: 'src/index.ts', 'batonlm.gpu': 'src/gpu.ts' };
  await bundle(entries, { dir: out, ...names }, { platform: 'browser', tsconfig: 'tsconfig.browser.json' });
}

/** The entries of the package, and beside them what they share and what they import on demand. */
async function bundleForNode(out) {
  const input = {
    'index.node': 'src/index.node.ts',
    'gpu.node': 'src/gpu.ts',
    'safetensors/index.node': 'src/safetensors/index.node.ts',
  };
  const output = { dir: out, chunkFileNames: 'node/[name].js', minify: false, comments: false };
  await bundle(input, output, { platform: 'node', tsconfig: 'tsconfig.json' });
}

async function bundleCommand(out) {
  const file = join(out, 'cli/baton.js');
  const output = { file, codeSplitting: false, banner: '#!/usr/bin/env node' };
  const modules = await bundle('apps/cli/baton.ts', output, { platform: 'node', tsconfig: 'tsconfig.json' });
  chmodSync(file, 0o755);
  writeFileSync(join(out, 'cli/THIRD-PARTY-LICENSES.txt'), licenceTexts(modules));
}

async function buildAll() {
  const start = performance.now();
  const out = mkdtempSync(join(root, '.dist-'));
  try {
    await buildWasm();
    emit(out);
    await Promise.all([bundleForBrowsers(out), bundleForNode(out), bundleCommand(out)]);
    chmodSync(out, 0o755);
    rmSync(dist, { recursive: true, force: true });
    renameSync(out, dist);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
  console.error(`built dist/ in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

if (!process.argv.includes('--if-stale') || isStale()) {
  await buildAll().catch((error) => {
    console.error(`build: ${error.message}`);
    process.exitCode = 1;
  });
}
