import { LoadError, show } from '../errors.ts';
import type { ModelFiles } from './files.ts';
import { checkFingerprint, type Manifest, manifestName, readManifest } from './manifest.ts';
import { joinFile, joinFolder } from './paths.ts';

/** A model lies at most this many folders below its manifest: family/hybrid/slm. */
const DEEPEST = 2;

/** What is known of the files that are handed out. */
interface Known {
  readonly manifest: Manifest;
  /** Files that were compared, by their path in the manifest: once is enough. */
  readonly checked: Map<string, Promise<void>>;
}

/**
 * The same files, each compared with the manifest before it is first handed out: exactly those that are used.
 *
 * Errors    LoadError no manifest in the folder or above it; later a file that is not in it, or is another · FormatError
 */
export async function verified(files: ModelFiles): Promise<ModelFiles> {
  for (let up = 0; up <= DEEPEST; up++) {
    const [base, folder] = [ancestor(files, up), ownPath(files.name, up)];
    if (base === undefined || folder === undefined || !(await base.has(manifestName))) continue;
    return checking(files, folder, { manifest: await readManifest(base), checked: new Map() });
  }
  throw new LoadError(`there is no ${manifestName} to verify against`, {
    op: 'verify',
    where: files.name,
    hint: 'it lists size and sha256 of every file, in the folder of the model or above it; load without "verify"',
  });
}

function checking(files: ModelFiles, folder: string, known: Known): ModelFiles {
  const check = async (file: string): Promise<void> => {
    const path = joinFile(folder, file);
    const expected = known.manifest.get(path);
    if (expected === undefined) {
      throw new LoadError(`${show(path)} is not in the manifest`, { op: 'verify', where: files.name });
    }
    const source = await files.open(file);
    try {
      await checkFingerprint(source, path, expected);
    } finally {
      await source.close();
    }
  };
  /** `use` of a file, once it is known to be the right one. A missing file is told by `use` itself. */
  const afterwards = <A extends unknown[], T>(use: (file: string, ...more: A) => Promise<T>) => {
    return async (file: string, ...more: A): Promise<T> => {
      const path = joinFile(folder, file);
      if (await files.has(file)) {
        const checked = known.checked.get(path) ?? check(file);
        known.checked.set(path, checked);
        await checked;
      }
      return use(file, ...more);
    };
  };
  return {
    name: files.name,
    notes: files.notes,
    stat: (file) => files.stat(file),
    has: (file) => files.has(file),
    close: () => files.close(),
    read: afterwards(files.read),
    text: afterwards(files.text),
    json: afterwards(files.json),
    open: afterwards(files.open),
    sub: (name) => checking(files.sub(name), joinFolder(folder, name), known),
  };
}

/** The folder `up` levels above; undefined where a place ends. */
function ancestor(files: ModelFiles, up: number): ModelFiles | undefined {
  try {
    return up === 0 ? files : files.sub(Array(up).fill('..').join('/'));
  } catch (error) {
    if (error instanceof LoadError) return undefined;
    throw error;
  }
}

/** What a folder is called, seen from `up` levels above: the end of its name. Undefined where the name does not tell. */
function ownPath(name: string, up: number): string | undefined {
  const parts = name.split(/[\\/]+/).filter((part) => part !== '');
  if (parts.length < up || parts.slice(parts.length - up).some((part) => /^\.*$|:$/.test(part))) return undefined;
  return parts.slice(parts.length - up).join('/');
}
