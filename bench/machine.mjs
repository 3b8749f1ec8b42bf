/** Where figures come from: what must stand beside every one of them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** `node` is the Node.js that runs the rows. */
export function machine(node) {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    cpu: cpus()[0].model + generation(),
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()} ${process.arch}`,
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
    load: load(),
  };
}

/** Processes that wanted a core, in the last minute. */
export const load = () => Number(loadavg()[0].toFixed(2));

/** Which of the many processors of one name it is; '' where the system does not say. */
function generation() {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8');
    const [family, model] = ['cpu family', 'model'].map(
      (name) => new RegExp(`^${name}\\s*: (\\d+)$`, 'm').exec(text)[1],
    );
    return ` (family ${family}, model ${model})`;
  } catch {
    return '';
  }
}

function commit() {
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'bench') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}
