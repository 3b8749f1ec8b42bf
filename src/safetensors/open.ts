import { LoadError, OptionError, show } from '../errors.ts';
import { SafetensorsFile } from './file.ts';
import { type ByteSource, openBlob, openBytes } from './source.ts';
import { openUrl, type UrlOptions } from './url.ts';

/** What a file can be opened from. A string is an address (`https:`, `blob:`, `data:`) or, in Node, a path. */
export type SafetensorsInput = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;

export interface OpenOptions extends UrlOptions {
  /** For error messages, where the input has no name of its own. */
  readonly name?: string;
}

/**
 * Opens a safetensors file: reads and checks its header, and nothing else.
 *
 * Errors    FormatError not a valid file: what, and at which byte · LoadError can't be reached or read
 * Source    the format as the reference implementation 0.8 reads it, and stricter: no key may occur twice
 */
export async function openSafetensors(input: SafetensorsInput, options: OpenOptions = {}): Promise<SafetensorsFile> {
  return SafetensorsFile.open(await openSource(input, options));
}

/** The bytes of anything but a path. */
export async function openSource(input: SafetensorsInput, options: OpenOptions = {}): Promise<ByteSource> {
  if (typeof input === 'string' || input instanceof URL) {
    if (isAddress(input)) return openUrl(input, options);
    throw new LoadError(`paths can't be opened here, got ${show(String(input))}`, {
      op: 'safetensors',
      hint: 'pass an http(s) address, a Blob or bytes; in Node the import "batonlm/safetensors" also takes paths',
    });
  }
  if (input instanceof Blob) return openBlob(input, options.name);
  if (input instanceof ArrayBuffer || input instanceof Uint8Array) return openBytes(input, options.name);
  if (isSource(input)) return input;
  throw new OptionError(`"input" must be a path, an address, a Blob, bytes or a ByteSource, got ${show(input)}`, {
    op: 'safetensors',
    got: input,
  });
}

/** Is this something `fetch` takes? */
export function isAddress(input: string | URL): boolean {
  return /^(https?|blob|data):/i.test(String(input));
}

function isSource(input: unknown): input is ByteSource {
  return typeof input === 'object' && input !== null && 'read' in input && 'size' in input && 'close' in input;
}
