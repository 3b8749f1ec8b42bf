/** `npm start`: builds if anything changed, then translates — the texts given, or a few sentences of its own. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [build, baton] = ['build.mjs', '../dist/cli/baton.js'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const commands = [
  [build, '--if-stale'],
  [baton, 'demo', ...process.argv.slice(2)],
];
for (const command of commands) {
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
