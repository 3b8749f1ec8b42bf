import type { StreamDecoder } from './tokenizer.ts';

/** Malformed bytes become U+FFFD, one for each maximal part of a character, as in Python's `errors="replace"`. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes to text; a leading U+FEFF is text like any other. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/**
 * UTF-8 that arrives in pieces. What `push` and `end` give, joined, equals `decodeUtf8` of all bytes joined: a cut is
 * only made where the bytes so far cannot be the beginning of a longer character.
 */
export class Utf8Stream {
  #waiting = new Uint8Array(0);

  push(bytes: Uint8Array): string {
    const all = this.#waiting.length === 0 ? bytes : joined(this.#waiting, bytes);
    const cut = all.length - unfinished(all);
    this.#waiting = all.slice(cut);
    return decodeUtf8(all.subarray(0, cut));
  }

  end(): string {
    const rest = decodeUtf8(this.#waiting);
    this.#waiting = new Uint8Array(0);
    return rest;
  }
}

/** A stream of ids for tokenizers whose `decode` is: the bytes of every id, joined, as UTF-8. */
export function byteStreamDecoder(bytesOf: (id: number) => Uint8Array): StreamDecoder {
  const text = new Utf8Stream();
  return { push: (id) => text.push(bytesOf(id)), end: () => text.end() };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** How many bytes at the end (0 to 3) are the beginning of a character that later bytes could complete. */
function unfinished(bytes: Uint8Array): number {
  const n = bytes.length;
  for (let back = 1; back <= Math.min(3, n); back++) {
    const lead = bytes[n - back];
    if ((lead & 0xc0) === 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return back < length && (back === 1 || mayFollow(lead, bytes[n - back + 1])) ? back : 0;
  }
  return 0;
}

/** Some leads narrow their second byte: no overlong forms, no surrogates, nothing above U+10FFFF (Unicode, table 3-7). */
function mayFollow(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90;
  if (lead === 0xf4) return second <= 0x8f;
  return true;
}
