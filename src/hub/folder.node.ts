import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { LoadError, nearestNames } from '../errors.ts';
import { openPath } from '../safetensors/path.node.ts';
import type { FileStat, ModelFiles } from './files.ts';
import { modelFiles, readSource } from './place.ts';

/** A folder on this machine. */
export function openFolder(root: string, signal?: AbortSignal): ModelFiles {
  return modelFiles(
    {
      notes: [],
      confined: false,
      where: (path) => join(root, path),
      stat: (path) => statFile(join(root, path)),
      read: async (path) => readSource(await openPath(join(root, path))),
      open: (path) => openPath(join(root, path)),
      missing: async (path) => ({ nearest: await neighbours(root, join(root, path)) }),
    },
    signal,
  );
}

/** A regular file's size; `undefined` for anything else. */
export async function statFile(path: string): Promise<FileStat | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? { size: found.size } : undefined;
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LoadError(`the file can't be looked at: ${reason}`, { op: 'load', where: path, cause });
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Nothing of that name, or a name that none could have. */
function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
}

async function neighbours(root: string, path: string): Promise<string[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  const inside = names.map((name) => relative(root, join(folder, name)).replaceAll(sep, '/'));
  return nearestNames(relative(root, path).replaceAll(sep, '/'), inside);
}
