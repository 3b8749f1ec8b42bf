import { type FileHandle, open, stat } from 'node:fs/promises';
import { LoadError } from '../errors.ts';
import { allocate, type ByteSource, checkRange } from './source.ts';

/** Node takes at most 2³¹ − 1 bytes in one call. */
const MAX_READ = 2 ** 30;

/** A file on disk, read at positions and never as a whole. */
export async function openPath(path: string): Promise<ByteSource> {
  const [handle, size] = await openFile(path);
  let closed: Promise<void> | undefined;
  const source: ByteSource = {
    name: path,
    size,
    async read(offset, length, into) {
      checkRange(source, offset, length, into);
      const bytes = into ?? allocate(length, path);
      for (let done = 0; done < length; ) {
        const count = Math.min(length - done, MAX_READ);
        const { bytesRead } = await handle.read(bytes, done, count, offset + done).catch((cause) => fail(path, cause));
        if (bytesRead === 0)
          throw new LoadError(`the file was cut to ${offset + done} bytes`, { op: 'safetensors', where: path });
        done += bytesRead; // may be fewer than asked for
      }
      return bytes;
    },
    close: () => (closed ??= handle.close()),
  };
  return source;
}

async function openFile(path: string): Promise<[FileHandle, number]> {
  try {
    // Asked before opening: to open a named pipe would wait for its writer.
    if (!(await stat(path)).isFile()) throw new LoadError('not a regular file', { op: 'safetensors', where: path });
    const handle = await open(path, 'r');
    return [handle, (await handle.stat()).size];
  } catch (cause) {
    return fail(path, cause);
  }
}

function fail(path: string, cause: unknown): never {
  if (cause instanceof LoadError) throw cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new LoadError(`the file can't be read: ${reason}`, { op: 'safetensors', where: path, cause });
}
