import { type ErrorDetails, FormatError, LoadError } from '../errors.ts';
import type { ByteSource } from '../safetensors/source.ts';
import { type Arrived, type FileStat, type ModelFiles, SMALL_FILE_LIMIT } from './files.ts';
import { checkFile, joinFile, joinFolder } from './paths.ts';

/** What a kind of place has to offer; `modelFiles` makes the rest. Paths are checked before they come here. */
export interface Place {
  readonly notes: readonly string[];
  /** Whether `..` may lead out of the folder that was opened. */
  readonly confined: boolean;
  /** A path as errors should tell it; `''` is the place itself. */
  where(path: string): string;
  stat(path: string): Promise<FileStat | undefined>;
  /** Asked only for files that are there. */
  read(path: string, arrived?: Arrived): Promise<Uint8Array>;
  open(path: string, arrived?: Arrived): Promise<ByteSource>;
  /** What helps somebody whose file is missing. */
  missing?(path: string): Promise<Pick<ErrorDetails, 'nearest' | 'hint'>>;
}

/** Everything that is the same for every place: checked names, limits, typed errors, the signal, closing. */
export function modelFiles(place: Place, signal?: AbortSignal): ModelFiles {
  return folderOf({ place, signal, stats: new Map(), open: new Set() }, '');
}

interface Shared {
  readonly place: Place;
  readonly signal?: AbortSignal;
  readonly stats: Map<string, Promise<FileStat | undefined>>;
  readonly open: Set<ByteSource>;
}

function folderOf(shared: Shared, folder: string): ModelFiles {
  const { place, signal, open } = shared;
  const pathOf = (file: string) => joinFile(folder, checkFile(file));

  const found = async (file: string): Promise<[string, FileStat]> => {
    const path = pathOf(file);
    const stat = await statOnce(shared, path);
    if (stat !== undefined) return [path, stat];
    const help = await place.missing?.(path);
    throw new LoadError(`"${file}" is not there`, { op: 'load', where: place.where(path), ...help });
  };
  const files: ModelFiles = {
    name: place.where(folder),
    notes: place.notes,
    stat: (file) => abortable(signal, async () => statOnce(shared, pathOf(file))),
    has: async (file) => (await files.stat(file)) !== undefined,
    read: (file, arrived) =>
      abortable(signal, async () => {
        const [path, { size = 0 }] = await found(file);
        if (size > SMALL_FILE_LIMIT) throw tooLarge(size, place.where(path));
        return place.read(path, arrived);
      }),
    text: async (file, arrived) => decode(await files.read(file, arrived), place.where(pathOf(file))),
    json: async (file, arrived) => parse(await files.text(file, arrived), place.where(pathOf(file))),
    open: (file, arrived) =>
      abortable(signal, async () => {
        const [path] = await found(file);
        return register(await place.open(path, arrived), open, signal);
      }),
    sub: (name) => {
      const path = joinFolder(folder, name);
      if (!place.confined || !path.startsWith('..')) return folderOf(shared, path);
      throw new LoadError(`"${name}" leads out of the repository`, { op: 'load', where: place.where(folder) });
    },
    close: async () => {
      await Promise.all([...open].map((source) => source.close()));
    },
  };
  return files;
}

function statOnce({ place, stats }: Shared, path: string): Promise<FileStat | undefined> {
  let stat = stats.get(path);
  if (stat === undefined) {
    stat = place.stat(path);
    stats.set(path, stat);
    stat.catch(() => stats.delete(path)); // A failure may pass.
  }
  return stat;
}

/** The source, on a list until it is closed, and true to the signal. */
function register(source: ByteSource, open: Set<ByteSource>, signal?: AbortSignal): ByteSource {
  const { name, size, note, ahead } = source;
  const registered: ByteSource = {
    name,
    size,
    note,
    ahead,
    read: (offset, length, into) => abortable(signal, () => source.read(offset, length, into)),
    close: () => {
      open.delete(registered);
      return source.close();
    },
  };
  open.add(registered);
  return registered;
}

/** After an abort the signal's reason is the error, whatever broke because of it. */
async function abortable<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** A whole source, for places whose files are at hand. */
export async function readSource(source: ByteSource): Promise<Uint8Array> {
  try {
    if (source.size > SMALL_FILE_LIMIT) throw tooLarge(source.size, source.name);
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

export function tooLarge(size: number | string, where: string): LoadError {
  return new LoadError(`a file read as a whole must have at most ${SMALL_FILE_LIMIT} bytes, got ${size}`, {
    op: 'load',
    where,
    expected: SMALL_FILE_LIMIT,
    got: size,
    hint: 'weights are opened for random access instead',
  });
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError('the file must be UTF-8 text', { op: 'load', where, cause });
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 120) : String(cause);
    throw new FormatError(`the file must be JSON: ${reason}`, { op: 'load', where, cause });
  }
}
