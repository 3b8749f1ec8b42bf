import { spawn } from 'node:child_process';

/** Runs `node SCRIPT ARGUMENTS` and gives the JSON of its last line; `{ error }` with its last words where it fails. */
export function runScript(node, script, args) {
  return new Promise((resolve) => {
    const spawned = performance.timeOrigin + performance.now();
    const child = spawn(node, [script, ...args], {
      timeout: 30 * 60_000,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, BENCH_SPAWNED: String(spawned) },
    });
    const [stdout, stderr] = [[], []];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.on('close', (status) => {
      const last = Buffer.concat(stdout).toString().trim().split('\n').at(-1);
      if (status === 0 && last !== '') resolve(JSON.parse(last));
      else resolve({ error: firstError(Buffer.concat(stderr).toString()) ?? `ended with status ${status}` });
    });
  });
}

/** The line of a stack trace that says what happened. */
const firstError = (text) =>
  text
    .split('\n')
    .find((line) => /^\S*Error\b|^Error/.test(line.trim()))
    ?.trim();
