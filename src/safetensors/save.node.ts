import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BatonError, LoadError } from '../errors.ts';
import { bytesOf, layOut, type Metadata, type TensorToWrite } from './layout.ts';

/** Node takes at most 2³¹ − 1 bytes in one call. */
const MAX_WRITE = 2 ** 30;

/**
 * Writes a file tensor by tensor: data given as functions are asked for one at a time, in the order of the file, so
 * that it may be larger than memory. The file appears complete or not at all.
 *
 * Errors    OptionError, DtypeError, ShapeError before anything is written · LoadError the file can't be written
 */
export async function saveSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite>,
  metadata?: Metadata,
): Promise<void> {
  const layout = layOut(tensors, metadata);
  await replaceFile(path, async (write) => {
    await write(layout.header);
    for (const tensor of layout.tensors) {
      const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
      await write(bytesOf(tensor, data));
    }
  });
}

/** Fills a temporary file beside `path`, then puts it in its place; what goes wrong leaves nothing behind. */
export async function replaceFile(
  path: string,
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  let handle: FileHandle | undefined;
  try {
    const file = await open(temporary, 'wx');
    handle = file;
    await fill((bytes) => writeAll(file, bytes));
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (cause) {
    await handle?.close().catch(() => {}); // may be closed already
    await rm(temporary, { force: true });
    if (cause instanceof BatonError || !isSystemError(cause)) throw cause;
    throw new LoadError(`the file can't be written: ${cause.message}`, { op: 'safetensors', where: path, cause });
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, Math.min(bytes.length - done, MAX_WRITE))).bytesWritten;
  }
}

function isSystemError(cause: unknown): cause is Error {
  return cause instanceof Error && 'syscall' in cause;
}
