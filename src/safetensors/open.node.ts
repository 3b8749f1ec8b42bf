import { fileURLToPath } from 'node:url';
import { SafetensorsFile } from './file.ts';
import { isAddress, type OpenOptions, openSource as openAnywhere, type SafetensorsInput } from './open.ts';
import { openPath } from './path.node.ts';
import type { ByteSource } from './source.ts';

/**
 * Opens a safetensors file: reads and checks its header, and nothing else. Here a string may be a path.
 *
 * Errors    FormatError not a valid file: what, and at which byte · LoadError can't be reached or read
 * Source    the format as the reference implementation 0.8 reads it, and stricter: no key may occur twice
 */
export async function openSafetensors(input: SafetensorsInput, options: OpenOptions = {}): Promise<SafetensorsFile> {
  return SafetensorsFile.open(await openSource(input, options));
}

/** The bytes of anything, paths and `file:` addresses included. */
export async function openSource(input: SafetensorsInput, options: OpenOptions = {}): Promise<ByteSource> {
  const named = typeof input === 'string' || input instanceof URL;
  if (!named || isAddress(input)) return openAnywhere(input, options);
  return openPath(/^file:/i.test(String(input)) ? fileURLToPath(input) : String(input));
}
