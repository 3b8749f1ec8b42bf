/** Names of files and folders as checkpoints write them: `/` between the parts, on every system. */
import { LoadError, show } from '../errors.ts';

/** A part that is no plain name: a drive or scheme (`:`), another system's separator, a control character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const STRANGE = /[\\:\u0000-\u001f\u007f]/;

/**
 * A file's name, which may come from a downloaded index: it stays inside its folder.
 *
 * Errors    LoadError empty, absolute, with `..`, or with characters that mean something else elsewhere
 */
export function checkFile(file: string): string {
  const plain = (part: string) => part !== '' && part !== '.' && part !== '..' && !STRANGE.test(part);
  if (typeof file === 'string' && file.split('/').every(plain)) return file;
  throw new LoadError(`a file's name must be plain parts joined by "/", inside its folder, got ${show(file)}`, {
    op: 'load',
    got: file,
  });
}

/** `folder` seen from `base`; leading `..` stay, for a place to follow or to refuse. */
export function joinFolder(base: string, folder: string): string {
  if (typeof folder !== 'string' || folder.startsWith('/') || STRANGE.test(folder)) {
    throw new LoadError(`a folder must be a relative path of plain parts joined by "/", got ${show(folder)}`, {
      op: 'load',
      got: folder,
    });
  }
  const parts: string[] = [];
  for (const part of `${base}/${folder}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** The path of `file` in `folder`, where `''` is the top. */
export function joinFile(folder: string, file: string): string {
  return folder === '' ? file : `${folder}/${file}`;
}
