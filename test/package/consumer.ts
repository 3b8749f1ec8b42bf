import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a program wrote; fails with everything it wrote where it did not end well. */
export function run(cwd: string, program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} gave ${error ?? status}\n${stdout}${stderr}`);
  return stdout;
}

/** A stranger's project in a temporary folder, with the packed engine installed and no network. */
export class Consumer {
  readonly folder = mkdtempSync(join(tmpdir(), 'batonlm-consumer-'));

  constructor() {
    const [{ filename }] = JSON.parse(
      run(root, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', this.folder),
    );
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    run(this.folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund', `./${filename}`);
  }

  write(path: string, text: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** What a script of this project prints. */
  node(name: string, script: string): string {
    return run(this.folder, process.execPath, this.write(name, script)).trimEnd();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
