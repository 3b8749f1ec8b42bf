/** The one door to a checkpoint, for pages and workers; `open-files.node.ts` is its twin with folders and a cache. */
import { LoadError, OptionError, show, UnsupportedOptionError } from '../errors.ts';
import type { ModelFiles } from './files.ts';
import { type HubOptions, isHubId, openHubId } from './hf-id.ts';
import { openHttp } from './http.ts';
import { type FileContent, openFileList, openMap } from './map.ts';

/** A folder, a Hub id, an address, files one by one, the files of a picked folder, or files that are open already. */
export type Where = string | URL | Readonly<Record<string, FileContent>> | Iterable<File> | ModelFiles;

/** `revision`, `token` and `cache_dir` are about Hub ids: other places have none of these. */
export interface OpenOptions extends HubOptions {
  /** Node, Deno and Bun only: the folder of the Hub cache. */
  readonly cache_dir?: string;
  /** Make no request. */
  readonly local_files_only?: boolean;
}

/**
 * Opens the files of a checkpoint. On a page a string is an address (`https://…`), a Hub id (`gpt2`, `org/name`) or a
 * path on the page's own server (`./models/x`, `/models/x`).
 *
 * Errors    LoadError a string that is none of these · UnsupportedOptionError cache_dir · OptionError any other value
 */
export async function openFiles(where: Where, options: OpenOptions = {}): Promise<ModelFiles> {
  const files = openGiven(where, options);
  if (options.cache_dir !== undefined) {
    throw new UnsupportedOptionError('"cache_dir" needs a file system; a page has none', { op: 'load' });
  }
  if (typeof files !== 'string') return files;
  if (isHubId(files)) {
    checkOnline(files, options);
    return openHubId(files, options);
  }
  const page = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (/^\.{0,2}\//.test(files) && page !== undefined) return openAddress(new URL(files, page), options);
  throw new LoadError(`${show(files)} is neither an address, nor a Hub id, nor a path of this page's server`, {
    op: 'load',
    got: files,
    hint: 'write "https://…", "name", "org/name", "./folder" or "/folder"',
  });
}

/** Everything but plain strings, which are handed back: what they mean depends on where we run. */
export function openGiven(where: Where, options: OpenOptions): ModelFiles | string {
  checkOptions(options);
  if (typeof where === 'string') return /^https?:\/\//i.test(where) ? openAddress(where, options) : where;
  if (where instanceof URL) return openAddress(where, options);
  if (typeof where !== 'object' || where === null || ArrayBuffer.isView(where) || where instanceof Blob) {
    throw new OptionError(`a model must be a folder, id, address or a record of files, got ${show(where)}`, {
      op: 'load',
      got: where,
    });
  }
  if (isModelFiles(where)) return where;
  return isList(where) ? openFileList(where, options) : openMap(where, options);
}

function openAddress(address: string | URL, { fetch, signal, local_files_only }: OpenOptions): ModelFiles {
  const files = openHttp(address, { fetch, signal });
  checkOnline(files.name, { local_files_only });
  return files;
}

const kinds: readonly (readonly [keyof OpenOptions, string])[] = [
  ['revision', 'string'],
  ['token', 'string'],
  ['cache_dir', 'string'],
  ['local_files_only', 'boolean'],
  ['fetch', 'function'],
  ['signal', 'object'],
];

function checkOptions(options: OpenOptions): void {
  for (const [name, kind] of kinds) {
    const value: unknown = options[name];
    if (value === undefined || (typeof value === kind && value !== null)) continue;
    throw new OptionError(`"${name}" must be a ${kind}, got ${show(value)}`, {
      op: 'load',
      expected: kind,
      got: value,
    });
  }
}

function checkOnline(where: string, { local_files_only }: OpenOptions): void {
  if (local_files_only !== true) return;
  throw new LoadError(`"local_files_only" is set, and ${show(where)} is not local`, { op: 'load', got: where });
}

function isModelFiles(where: object): where is ModelFiles {
  return 'open' in where && typeof where.open === 'function' && 'sub' in where && typeof where.sub === 'function';
}

function isList(where: object): where is Iterable<File> {
  return Symbol.iterator in where;
}
