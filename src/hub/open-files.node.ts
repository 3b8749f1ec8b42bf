import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoadError, show } from '../errors.ts';
import { openPath } from '../safetensors/path.node.ts';
import type { ModelFiles } from './files.ts';
import { isFolder, openFolder } from './folder.node.ts';
import { openHubCache } from './hf-cache.node.ts';
import { isHubId } from './hf-id.ts';
import { type OpenOptions, openGiven, type Where } from './open-files.ts';

/**
 * Opens the files of a checkpoint. A string is an address, an existing folder or a Hub id (`gpt2`, `org/name`), tried in
 * this order; Hub files are kept in the cache all Hugging Face libraries share.
 *
 * Errors    LoadError a string that is none of these, with what was tried · OptionError any other value
 */
export async function openFiles(where: Where, options: OpenOptions = {}): Promise<ModelFiles> {
  const files = openGiven(withLocalFiles(where), options);
  if (typeof files !== 'string') return files;
  const folder = files.startsWith('file:') ? pathOf(files) : files;
  if (await isFolder(folder)) return openFolder(folder, options.signal);
  if (isHubId(files)) return openHubCache(files, options);
  throw new LoadError(`${show(files)} is neither a folder, nor a Hub id, nor an address`, {
    op: 'load',
    got: files,
    hint: `tried the folder ${resolve(folder)}; a Hub id is "name" or "org/name", an address begins with "https://"`,
  });
}

/** `file:` URLs become paths: fetch does not read them. */
function withLocalFiles(where: Where): Where {
  if (where instanceof URL) return where.protocol === 'file:' ? where.href : where;
  if (typeof where !== 'object' || where === null || Symbol.iterator in where) return where;
  const entries = Object.entries(where);
  if (!entries.some(([, content]) => isLocal(content))) return where;
  return Object.fromEntries(
    entries.map(([name, content]) => [name, isLocal(content) ? () => openPath(pathOf(content)) : content]),
  );
}

function isLocal(content: unknown): content is URL {
  return content instanceof URL && content.protocol === 'file:';
}

function pathOf(url: string | URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new LoadError(`${show(String(url))} names no file of this machine`, { op: 'load', got: String(url), cause });
  }
}
