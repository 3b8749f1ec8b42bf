/**
 * Puts the plot and a short table of a run into the README, between the marks that stand there:
 *
 *   node bench/readme.mjs [RESULTS.json] [README.md]        after node bench/plot.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { filled, speedLines } from './readme-lines.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [from = here('results.json'), to = here('../README.md')] = process.argv.slice(2);
const lines = speedLines(JSON.parse(readFileSync(from, 'utf8')));
writeFileSync(to, filled(readFileSync(to, 'utf8'), lines));
