/** Engines written in Python: a process of their own (serve.py), asked in lines of JSON. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const windows = process.platform === 'win32';

/** Where `setup.mjs` installs Python's packages, and the Python that knows them. */
export const venv = here('../venv');
export const python = join(venv, windows ? 'Scripts/python.exe' : 'bin/python');

/** Is this package in the virtual environment? */
export function hasPackage(name) {
  if (!existsSync(python)) return false;
  const folders = windows ? [join(venv, 'Lib')] : readdirSync(join(venv, 'lib')).map((each) => join(venv, 'lib', each));
  return folders.some((folder) => existsSync(join(folder, 'site-packages', name)));
}

/** Opens `peers/NAME/engine.py`. What it tells of itself is measured inside it: Node's own start and memory are left out. */
export async function openPython(name, row) {
  const spawned = performance.now();
  const child = spawn(python, [here('serve.py'), JSON.stringify(row)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONPATH: here(name), OMP_NUM_THREADS: String(row.threads) },
  });
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`${name}: Python ended with status ${status}`);
  });
  ended.catch(() => {}); // told by whatever waits
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await Promise.race([answers.next(), ended])).value);
  const ask = (call, ...args) => {
    child.stdin.write(`${JSON.stringify([call, ...args])}\n`);
    return answer();
  };
  const { load_ms, calls } = await answer();
  return {
    load_ms,
    elapsed: () => performance.now() - spawned,
    peak_mb: () => ask('peak_mb'),
    ...Object.fromEntries(calls.map((call) => [call, (...args) => ask(call, ...args)])),
  };
}
