/** The rows of a table: this engine in every way it can be run, then the peers. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hasPackage } from './peers/python.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Peers by name: the package that must be there. */
const packages = {
  tjs: '@huggingface/transformers',
  'ort-node': 'onnxruntime-node',
  'ort-web': 'onnxruntime-web',
  llama: 'node-llama-cpp',
};
const pythonPackages = { hf: 'torch', ct2: 'ctranslate2' };

/** The first row of each list is what a user gets who sets nothing but the number of threads. */
const inJavaScript = ['f32', 'int8'].flatMap((dtype) => [
  { engine: 'tjs', dtype, threads: 2 },
  { engine: 'ort-node', dtype, threads: 1 },
  { engine: 'ort-node', dtype, threads: 2 },
  { engine: 'ort-web', dtype, threads: 1 },
  { engine: 'ort-web', dtype, threads: 2 },
  { engine: 'ort-web', dtype, threads: 1, place: 'chromium' },
]);
const native = [
  { engine: 'hf', dtype: 'f32', threads: 2 },
  { engine: 'ct2', dtype: 'f32', threads: 2 },
  { engine: 'ct2', dtype: 'int8', threads: 2 },
  { engine: 'llama', dtype: 'f32', threads: 2 },
  { engine: 'llama', dtype: 'f16', threads: 2 },
  { engine: 'llama', dtype: 'int8', format: 'q8_0', threads: 2 },
];

/** Rows of this build. The reference backend, which is there to be read and compared with, is measured in f32 alone. */
export function ourRows(node) {
  const offered = JSON.parse(execFileSync(node, [here('offered.mjs')], { encoding: 'utf8' }));
  const rows = offered.filter(({ backend, dtype }) => backend !== 'reference' || dtype === 'f32');
  const fast = rows.filter(({ backend }) => backend !== 'reference');
  const stored = fast.filter(({ dtype, threads }) => dtype === 'int8' && threads === 2 && storesAs(dtype));
  const inPage = fast.filter(({ threads, dtype }) => threads === 1 && (dtype === 'f32' || dtype === 'int8'));
  return [
    ...rows,
    ...stored.map((row) => ({ ...row, stored: true })),
    ...inPage.map((row) => ({ ...row, place: 'chromium' })),
  ].map((row) => ({ engine: 'batonlm', ...row }));
}

/** Does `baton convert` write this dtype? */
function storesAs(dtype) {
  const help = execFileSync(process.execPath, [here('../dist/cli/baton.js'), 'convert', '--help'], {
    encoding: 'utf8',
  });
  return help.includes(`"${dtype}"`);
}

/** Rows of the peers, and for each that can't be run what is missing. */
export function peerRows() {
  return [...inJavaScript, ...native].map((row) => ({ ...row, missing: missingFor(row) }));
}

function missingFor({ engine }) {
  if (engine in pythonPackages) {
    return hasPackage(pythonPackages[engine]) ? undefined : `not installed: node bench/setup.mjs ${engine}`;
  }
  const places = ['node_modules', `peers/${engine}/node_modules`];
  const installed = places.some((place) => existsSync(here(`${place}/${packages[engine]}/package.json`)));
  return installed ? undefined : `not installed: node bench/setup.mjs ${engine}`;
}
