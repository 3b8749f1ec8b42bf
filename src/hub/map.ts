import { nearestNames, OptionError, show } from '../errors.ts';
import { type ByteSource, openBlob, openBytes } from '../safetensors/source.ts';
import { openUrl } from '../safetensors/url.ts';
import type { ModelFiles } from './files.ts';
import { readUrl, statUrl } from './http.ts';
import type { HttpOptions } from './http-request.ts';
import { joinFolder } from './paths.ts';
import { modelFiles, readSource } from './place.ts';

/** What a file may be given as: its bytes, its text (a string), an address (a URL), or a function that opens it. */
export type FileContent = ArrayBuffer | Uint8Array | Blob | string | URL | (() => Promise<ByteSource>);

/**
 * Files given one by one: `{ 'config.json': '{…}', 'model.safetensors': blob, … }`. A folder is part of the name:
 * `slm/config.json`.
 *
 * Errors    OptionError a value that is none of the kinds a file may be given as
 */
export function openMap(map: Readonly<Record<string, FileContent>>, options: HttpOptions = {}): ModelFiles {
  const contents = new Map<string, FileContent>();
  for (const [file, content] of Object.entries(map)) contents.set(joinFolder('', file), checkContent(content, file));
  const known = (path: string) => contents.get(path) ?? ''; // asked only for files that are there

  return modelFiles(
    {
      notes: [],
      confined: false, // nothing but the given files can be reached
      where: (path) => path || `${contents.size} given files`,
      stat: async (path) => {
        const content = contents.get(path);
        if (content === undefined) return undefined;
        if (content instanceof URL) return statUrl(content, options);
        const source = await openContent(content, path, options);
        await source.close();
        return { size: source.size };
      },
      read: async (path, arrived) => {
        const content = known(path);
        if (content instanceof URL) return readUrl(content, options, arrived);
        return readSource(await openContent(content, path, options));
      },
      open: (path) => openContent(known(path), path, options),
      missing: async (path) => ({ nearest: nearestNames(path, contents.keys()) }),
    },
    options.signal,
  );
}

/** The files of a folder picked on a page; their paths start below that folder. */
export function openFileList(list: Iterable<File>, options: HttpOptions = {}): ModelFiles {
  const files = [...list];
  const odd = files.find((file) => !(file instanceof File));
  if (odd !== undefined)
    throw new OptionError(`a list of files must hold Files only, got ${show(odd)}`, { op: 'load' });
  const paths = files.map((file) => file.webkitRelativePath || file.name);
  const top = paths[0]?.split('/', 1)[0];
  const inFolder = paths.every((path) => path.startsWith(`${top}/`));
  const named = paths.map((path, i) => [inFolder ? path.slice(`${top}/`.length) : path, files[i]]);
  return openMap(Object.fromEntries(named), options);
}

async function openContent(content: FileContent, path: string, options: HttpOptions): Promise<ByteSource> {
  if (typeof content === 'string') return openBytes(new TextEncoder().encode(content), path);
  if (typeof content === 'function') return content();
  if (content instanceof URL) return openUrl(content, options);
  return content instanceof Blob ? openBlob(content, path) : openBytes(content, path);
}

function checkContent(content: FileContent, file: string): FileContent {
  if (typeof content === 'string' || typeof content === 'function') return content;
  if ([ArrayBuffer, Uint8Array, Blob, URL].some((kind) => content instanceof kind)) return content;
  throw new OptionError(
    `"${file}" must be an ArrayBuffer, a Uint8Array, a Blob, its text, a URL or a function that opens it, got ${show(content)}`,
    { op: 'load', got: content },
  );
}
