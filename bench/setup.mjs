/**
 * Installs what the benchmark compares with, and nothing that is not named:
 *
 *   node bench/setup.mjs node24 tjs ort-node ort-web llama ct2 hf plot        "python" is ct2 and hf
 *
 * No install script is run: what these packages need on a CPU is inside them. Python's packages go into bench/venv;
 * PYTHON names another interpreter than python3, 3.11 or newer.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { python, venv } from './peers/python.mjs';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const workspaces = {
  node24: 'node24',
  plot: 'plot',
  tjs: 'peers/tjs',
  'ort-node': 'peers/ort-node',
  'ort-web': 'peers/ort-web',
  llama: 'peers/llama',
};
const requirements = { ct2: 'peers/ct2/requirements.txt', hf: 'peers/hf/requirements.txt' };
const both = Object.keys(requirements);

const asked = process.argv.slice(2).flatMap((name) => (name === 'python' ? both : [name]));
const known = [...Object.keys(workspaces), ...both];
if (asked.length === 0 || asked.some((name) => !known.includes(name))) {
  console.error(`usage: node bench/setup.mjs ${[...known, 'python'].join('|')} …`);
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

const packages = asked.filter((name) => name in workspaces).flatMap((name) => ['--workspace', workspaces[name]]);
if (packages.length > 0) run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages);
for (const name of asked.filter((each) => each in requirements)) {
  if (!existsSync(python)) run(process.env.PYTHON ?? 'python3', '-m', 'venv', venv);
  run(python, '-m', 'pip', 'install', '--no-deps', '-r', requirements[name]);
}
const graphs = asked.some((name) => ['tjs', 'ort-node', 'ort-web'].includes(name));
if (graphs && !existsSync(new URL('../../shared/bench/graphs', import.meta.url))) {
  console.error('the graphs of these peers are not there (../shared/bench/graphs): their rows will be left out');
}

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
