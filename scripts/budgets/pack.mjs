import { execFileSync } from 'node:child_process';
import { atMost, none } from './budget.mjs';

const shipped =
  /^(dist\/.*\.(js|d\.ts)|dist\/cli\/THIRD-PARTY-LICENSES\.txt|package\.json|LICENSE|(README|CHANGELOG|ARCHITECTURE)\.md)$/;
const foreign = /(^|\/)(test|tests|weights|bench|node_modules)\/|\.(test|spec)\./;
const onInstall = ['preinstall', 'install', 'postinstall', 'prepare'];

/** What `npm install batonlm` puts on a stranger's disk: only the build, small, depending on nothing, running nothing. */
export function checkPack({ root, read }) {
  const listing = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files, unpackedSize, size }] = JSON.parse(listing);
  const paths = files.map(({ path }) => path);
  const { dependencies, scripts } = JSON.parse(read('package.json'));
  const folders = [...new Set(paths.map((path) => (path.includes('/') ? `${path.split('/')[0]}/` : path)))];
  return [
    { name: `packed: ${folders.join(' ')}`, value: `${paths.length} files`, limit: '', ok: true, offenders: [] },
    none(
      'packed files that are no part of the build',
      paths.filter((path) => !shipped.test(path) || foreign.test(path)),
    ),
    atMost('packed size', size / 1000, 900, ' kB'),
    atMost('installed size', unpackedSize / 1000, 2500, ' kB'),
    none('runtime dependencies', Object.keys(dependencies ?? {})),
    none(
      'scripts that run on install',
      onInstall.filter((script) => script in scripts),
    ),
  ];
}
