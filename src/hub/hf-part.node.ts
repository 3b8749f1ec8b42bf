/** Half-downloaded files: whose they are, and how the next download goes on with them. */
import { readdir, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * A name of our own for the parts of `blob`. What a dead process left, or a failed download gave back, is taken over by
 * renaming it: only one taker can succeed, so no two ever write into one file.
 */
export async function claimPart(blob: string): Promise<string> {
  const mine = partName(blob, process.pid);
  const prefix = partPrefix(blob);
  for (const name of await readdir(dirname(blob))) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue;
    if (isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    const taken = await rename(join(dirname(blob), name), mine).then(
      () => true,
      () => false,
    );
    if (taken) break;
  }
  return mine;
}

/** Leaves a part to whoever comes next. */
export async function releasePart(blob: string, part: string): Promise<void> {
  await rename(part, partName(blob, NOBODY)).catch(() => {}); // never begun
}

const NOBODY = 0;

/** Process ids mean something on their own machine only. */
function partPrefix(blob: string): string {
  return `${basename(blob)}.${hostname()}.`;
}

function partName(blob: string, pid: number): string {
  return join(dirname(blob), `${partPrefix(blob)}${pid}-${crypto.randomUUID()}.part`);
}

function isAlive(pid: number): boolean {
  if (!(pid > NOBODY)) return false;
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
