import { gzipSync } from 'node:zlib';
import { atMost, none } from './budget.mjs';

const file = 'dist/batonlm.min.js';
const foreign = /["'`]node:\w+["'`]|\beval\(|\bnew Function\b|\brequire\(/g;

/** The browser's half of the engine in one file: small, and nothing in it that a page forbids. */
export function checkBundle({ read }) {
  const text = read(file);
  const kilobytes = gzipSync(text, { level: 9 }).length / 1000;
  return [
    atMost(`${file}, gzipped`, kilobytes, 60, ' kB'),
    none(`node:, eval or require in ${file}`, text.match(foreign) ?? []),
  ];
}
