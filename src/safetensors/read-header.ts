import { FormatError } from '../errors.ts';
import { type Header, parseHeader } from './header.ts';
import type { ByteSource } from './source.ts';

/** The reference implementation's limit. */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * The header of a file: 8 bytes of length, little-endian, then as many of JSON in UTF-8; the data follow.
 *
 * Errors    FormatError what is wrong, at which byte · LoadError the source can't be read
 */
export async function readHeader(source: ByteSource): Promise<Header> {
  const where = source.name;
  if (source.size < 8) {
    throw new FormatError(`a file needs at least 8 bytes, this one has ${source.size}`, { op: 'safetensors', where });
  }
  const start = await source.read(0, 8);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || length > source.size - 8) {
    const limit = length > MAX_HEADER_BYTES ? `the limit is ${MAX_HEADER_BYTES}` : `the file has ${source.size}`;
    throw new FormatError(`the header would be ${length} bytes long; ${limit}`, {
      op: 'safetensors',
      where: `${where}, byte 0`,
      hint: recognise(start) ?? 'the file is incomplete, or no safetensors file',
    });
  }
  const dataStart = 8 + Number(length);
  // Into an array of its own: a TextDecoder takes no shared memory.
  const bytes = await source.read(8, Number(length), new Uint8Array(Number(length)));
  return parseHeader(decodeUtf8(bytes, where, 8), where, dataStart, source.size);
}

/** UTF-8 to text; a byte order mark is kept, and so is an error of the JSON. `base`: where the bytes lie in the file. */
export function decodeUtf8(bytes: Uint8Array, name: string, base: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const at = base + firstBadByte(bytes);
    throw new FormatError('the text is not valid UTF-8', { op: 'safetensors', where: `${name}, byte ${at}` });
  }
}

/** Where the decoder first wrote a replacement character that is not in the bytes themselves. */
function firstBadByte(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  let at = 0;
  for (let from = 0; ; ) {
    const next = text.indexOf('\ufffd', from);
    at += encoder.encode(text.slice(from, next)).length;
    if (bytes[at] !== 0xef || bytes[at + 1] !== 0xbf || bytes[at + 2] !== 0xbd) return at;
    at += 3;
    from = next + 1;
  }
}

/** What other files that end up under this name begin with. */
const beginnings: readonly [string, string][] = [
  ['version ', 'this is a Git LFS pointer: fetch the file itself with "git lfs pull"'],
  ['<!', 'this is an HTML page, perhaps an error page of the server'],
  ['<h', 'this is an HTML page, perhaps an error page of the server'],
  ['PK', 'this is a zip archive, perhaps a PyTorch checkpoint: save it with safetensors'],
  ['\x80', 'this is a Python pickle: save it with safetensors'],
  ['GGUF', 'this is a GGUF file: use the checkpoint it was made from'],
  ['{', 'this is JSON: open an index of shards with openShards'],
];

function recognise(start: Uint8Array): string | undefined {
  const text = String.fromCharCode(...start);
  return beginnings.find(([beginning]) => text.startsWith(beginning))?.[1];
}
