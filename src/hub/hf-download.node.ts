import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LoadError } from '../errors.ts';
import type { Arrived } from './files.ts';
import { claimPart, releasePart } from './hf-part.node.ts';
import { addressName, broken, discard, eachChunk, type HttpOptions, request, statusError } from './http-request.ts';

/** How often a transfer that broke off goes on by itself. */
const MAX_RESUMES = 4;

export interface Expected {
  readonly size: number;
  /** Checked where the server tells it. */
  readonly sha256?: string;
}

/**
 * Downloads into a part beside `target` and renames it when it is whole and right. What a broken download left is kept,
 * and the next one asks for the rest only.
 *
 * Errors    LoadError status, length, checksum · file system errors as they are
 */
export async function download(url: URL, target: string, expected: Expected, options: HttpOptions, arrived?: Arrived) {
  await mkdir(dirname(target), { recursive: true });
  const part = await claimPart(target);
  try {
    const file = await open(part, 'a+');
    try {
      await transfer(url, file, expected, options, arrived);
    } finally {
      await file.close();
    }
    await verify(part, expected, addressName(url));
    await rename(part, target);
  } catch (error) {
    await releasePart(target, part);
    throw error;
  }
}

async function transfer(url: URL, file: FileHandle, { size }: Expected, options: HttpOptions, arrived?: Arrived) {
  for (let resumes = 0; ; resumes++) {
    const start = (await file.stat()).size;
    if (start > size) await file.truncate(0);
    if (start === size) return;
    try {
      return await append(url, file, size, options, arrived);
    } catch (error) {
      options.signal?.throwIfAborted();
      const moved = (await file.stat()).size > start;
      if (!moved || resumes === MAX_RESUMES || !(error instanceof LoadError)) throw error;
    }
  }
}

/** The rest of the file in one request; from the start where the server gives no ranges. */
async function append(url: URL, file: FileHandle, size: number, options: HttpOptions, arrived?: Arrived) {
  let start = (await file.stat()).size;
  const where = addressName(url);
  const range: Record<string, string> = start > 0 ? { Range: `bytes=${start}-` } : {};
  const response = await request(url, options, { headers: { 'Accept-Encoding': 'identity', ...range } });
  const { status, headers } = response;
  if (status !== 200 && status !== 206) {
    await discard(response);
    if (status === 416) await file.truncate(0); // what we have is not the beginning of this file
    throw statusError(response, url, options);
  }
  if (status === 206 && headers.get('content-range') !== `bytes ${start}-${size - 1}/${size}`) {
    await discard(response);
    throw broken(`is "${headers.get('content-range')}", asked for ${start}-${size - 1} of ${size}`, where);
  }
  if (status === 200) {
    await file.truncate(0);
    start = 0;
  }
  arrived?.(start);
  const got = await eachChunk(response, where, async (chunk, total) => {
    if (start + total > size) throw broken(`goes on after the ${size} bytes it should have`, where);
    await file.appendFile(chunk);
    arrived?.(start + total);
  });
  if (start + got < size) throw broken(`ends after ${start + got} of ${size} bytes`, where);
}

async function verify(part: string, { sha256 }: Expected, where: string): Promise<void> {
  if (sha256 === undefined) return;
  const { createHash } = await import('node:crypto'); // 4 ms of every start, for those who download
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(part)) hash.update(chunk);
  const got = hash.digest('hex');
  if (got === sha256) return;
  await rm(part, { force: true }); // nothing to go on with
  throw new LoadError(`the SHA-256 of the download must be ${sha256}, got ${got}`, {
    op: 'load',
    where,
    expected: sha256,
    got,
    hint: 'the download was damaged on its way; try again',
  });
}
