/**
 * Installs what the benchmark compares with, and nothing that is not named:
 *
 *   node bench/setup.mjs node24 tjs ort-node ort-web plot
 *
 * No install script is run: what these packages need on a CPU is inside them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const groups = {
  node24: 'node24',
  plot: 'plot',
  tjs: 'peers/tjs',
  'ort-node': 'peers/ort-node',
  'ort-web': 'peers/ort-web',
};

const asked = process.argv.slice(2);
if (asked.length === 0 || asked.some((name) => !(name in groups))) {
  console.error(`usage: node bench/setup.mjs ${Object.keys(groups).join('|')} …`);
  process.exit(2);
}
if (
  asked.includes('node24') &&
  !['linux-x64', 'linux-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`)
) {
  console.error(
    `node24: no package for ${process.platform}-${process.arch}; npm run bench -- --node PATH takes any Node`,
  );
}
const workspaces = asked.flatMap((name) => ['--workspace', groups[name]]);
const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...workspaces], {
  cwd,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
if (status === 0 && !existsSync(new URL('../../shared/bench/graphs', import.meta.url))) {
  console.error('the graphs of the peers are not there (../shared/bench/graphs): their rows will be left out');
}
