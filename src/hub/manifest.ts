import { FormatError, LoadError, show } from '../errors.ts';
import type { ByteSource } from '../safetensors/source.ts';
import type { ModelFiles } from './files.ts';
import { Sha256 } from './sha256.ts';

/** What a file must be, byte for byte. */
export interface Fingerprint {
  readonly size: number;
  /** 64 hexadecimal digits, lower case. */
  readonly sha256: string;
}

/** The files of a folder and of all below it: path → fingerprint. */
export type Manifest = ReadonlyMap<string, Fingerprint>;

export const manifestName = 'manifest.json';

/**
 * Reads `manifest.json`: `{ "files": { "llm/config.json": { "size": 664, "sha256": "…" }, … } }`.
 *
 * Errors    LoadError it is not there · FormatError it is not of this form
 */
export async function readManifest(files: ModelFiles): Promise<Manifest> {
  const where = `${manifestName} of ${files.name}`;
  const json = await files.json(manifestName);
  const list = isObject(json) ? json.files : undefined;
  if (!isObject(list)) throw new FormatError('a manifest must be an object with an object "files"', { where });
  return new Map(Object.entries(list).map(([path, entry]) => [path, readFingerprint(path, entry, where)]));
}

function readFingerprint(path: string, entry: unknown, where: string): Fingerprint {
  const { size, sha256 } = isObject(entry) ? entry : {};
  if (typeof size === 'number' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)) return { size, sha256 };
  throw new FormatError(`${show(path)} must have a "size" in bytes and a "sha256" of 64 lower-case digits`, {
    where,
    got: entry,
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes brought into memory at a time. */
const CHUNK = 2 ** 20;

/**
 * Reads a file through, piece by piece, and compares. The size is looked at first: it costs nothing.
 *
 * Errors    LoadError another size, or another hash: which file, what was expected, what is there
 */
export async function checkFingerprint(source: ByteSource, path: string, expected: Fingerprint): Promise<void> {
  const fail = (summary: string, want: unknown, got: unknown): never => {
    throw new LoadError(`${show(path)} is not the file that the manifest lists: ${summary}`, {
      op: 'verify',
      where: source.name,
      expected: want,
      got,
      hint: 'it was changed, or broke on its way: fetch it again',
    });
  };
  if (source.size !== expected.size) {
    fail(`size must be ${expected.size} bytes, got ${source.size}`, expected.size, source.size);
  }
  const hash = new Sha256();
  for (let at = 0; at < source.size; at += CHUNK) {
    hash.update(await source.read(at, Math.min(CHUNK, source.size - at)));
  }
  const sha256 = hash.hex();
  if (sha256 !== expected.sha256) fail(`sha256 must be ${expected.sha256}, got ${sha256}`, expected.sha256, sha256);
}
