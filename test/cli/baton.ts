/** The command as a process: bundled once per test file from the sources as they are, beside where dist/ would lie. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, vi } from 'vitest';
import { bindFlags } from '../../apps/cli/generate-options.ts';
import { createProgram } from '../../apps/cli/program.ts';
import { exitStatus, lineOf } from '../../apps/cli/trouble.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const out = mkdtempSync(join(root, '.dist-test-'));
const bundle = join(out, 'cli/baton.js');

buildSync({
  entryPoints: [join(root, 'apps/cli/baton.ts')],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  alias: { '#open-files': join(root, 'src/hub/open-files.node.ts') },
  external: ['gpu.js'], // a peer: it is looked for when a command asks for it
  banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
});

/** A folder for the files of one test file. */
export const scratch = mkdtempSync(join(tmpdir(), 'baton-cli-'));
afterAll(() => {
  for (const folder of [out, scratch]) rmSync(folder, { recursive: true, force: true });
});

export const family = join(root, 'weights/en-de');
export const model = (name: string): string[] => ['--model', join(family, name)];

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `baton` in the scratch folder; what it reads from stdin is text or bytes, else nothing. `flags` are for Node. */
export function baton(
  args: readonly string[],
  stdin: string | Uint8Array = '',
  flags: readonly string[] = [],
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, bundle, ...args], { cwd: scratch });
    const [stdout, stderr]: Buffer[][] = [[], []];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.stdin.on('error', () => {}); // it may end before it has read everything
    child.stdin.end(stdin);
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** How a run fails, without the cost of a process: for long tables. That a process says the same is tested once. */
export async function failureOf(args: readonly string[]): Promise<{ status: number; line: string }> {
  const quiet = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await createProgram().parseAsync(bindFlags(args), { from: 'user' });
  } catch (error) {
    return { status: exitStatus(error), line: lineOf(error) };
  } finally {
    quiet.mockRestore();
  }
  throw new Error(`baton ${args.join(' ')} did not fail`);
}

/** Starts `baton` and hands it out, for tests that interrupt it. */
export const start = (args: readonly string[]) => spawn(process.execPath, [bundle, ...args], { cwd: scratch });

/** What a good run wrote: nothing on stderr, which is no terminal here. */
export async function stdoutOf(args: readonly string[], stdin?: string | Uint8Array): Promise<string> {
  const { status, stdout, stderr } = await baton(args, stdin);
  if (status !== 0 || stderr !== '') throw new Error(`baton ${args.join(' ')} gave ${status}\n${stderr}`);
  return stdout;
}

/** The JSON lines of a good run. */
export async function jsonOf(args: readonly string[], stdin?: string | Uint8Array) {
  const lines = (await stdoutOf(args, stdin)).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}
