import { gzipSync } from 'node:zlib';
import { atMost, none } from './budget.mjs';

const files = {
  'dist/batonlm.min.js': 45,
  'dist/batonlm.core.min.js': 17,
  'dist/batonlm.tokenizers.min.js': 25,
  'dist/batonlm.wasm.min.js': 36,
  'dist/batonlm.gpu.min.js': 15,
};
const foreign = /["'`]node:\w+["'`]|\beval\(|\bnew Function\b|\brequire\(/g;

/** The browser's half of the engine, and what it fetches for text and for speed: small, and nothing that a page forbids. */
export function checkBundle({ read }) {
  return Object.entries(files).flatMap(([file, limit]) => {
    const text = read(file);
    const kilobytes = gzipSync(text, { level: 9 }).length / 1000;
    return [
      atMost(`${file}, gzipped`, kilobytes, limit, ' kB'),
      none(`node:, eval or require in ${file}`, text.match(foreign) ?? []),
    ];
  });
}
