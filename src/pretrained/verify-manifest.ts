import { openFiles } from '#open-files';
import { checkFingerprint, readManifest } from '../hub/manifest.ts';
import type { OpenOptions, Where } from '../hub/open-files.ts';

/** What was compared. */
export interface Verified {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Compares every file that a folder's `manifest.json` lists, piece by piece. To check only what a model uses, load it
 * with `verify: true`.
 *
 * Errors    LoadError a file is missing or another: which one, expected, got; no manifest · FormatError
 */
export async function verifyManifest(where: Where, options: OpenOptions = {}): Promise<Verified> {
  const files = await openFiles(where, options);
  try {
    const manifest = await readManifest(files);
    let bytes = 0;
    for (const [path, expected] of manifest) {
      const source = await files.open(path);
      await checkFingerprint(source, path, expected);
      await source.close();
      bytes += expected.size;
    }
    return { files: manifest.size, bytes };
  } finally {
    await files.close();
  }
}
