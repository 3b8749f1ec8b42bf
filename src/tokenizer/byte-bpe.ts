import { show, TokenizerError } from '../errors.ts';
import { byteToChar } from './bytes.ts';
import type { Merges } from './merges.ts';
import { decodeUtf8 } from './stream-decoder.ts';

/** Words of up to this many UTF-16 units are remembered, and up to this many words. */
const CACHED_LENGTH = 64;
const CACHED_WORDS = 16_384;

/** One word to ids: each byte a symbol, then the merges. Words come again and again, so the last ones are remembered. */
export class ByteBpe {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #merges: Merges;
  readonly #unk: number | undefined;
  readonly #wholeWords: boolean;
  /** Id of each byte, −1 where the vocabulary has none. */
  readonly #byteIds: Int32Array;
  readonly #encoder = new TextEncoder();
  readonly #cache = new Map<string, Int32Array>();

  constructor(ids: ReadonlyMap<string, number>, merges: Merges, unk: number | undefined, wholeWords: boolean) {
    this.#ids = ids;
    this.#merges = merges;
    this.#unk = unk;
    this.#wholeWords = wholeWords;
    this.#byteIds = Int32Array.from(byteToChar, (char) => ids.get(char) ?? -1);
  }

  /** Errors    TokenizerError a byte that the vocabulary cannot spell */
  encode(word: string): Int32Array {
    const remembered = this.#cache.get(word);
    if (remembered !== undefined) return remembered;
    const bytes = this.#encoder.encode(word);
    const ids = this.#wholeWord(bytes) ?? this.#merged(word, bytes);
    if (word.length <= CACHED_LENGTH) {
      if (this.#cache.size >= CACHED_WORDS) this.#cache.clear();
      // A fresh copy as key: a slice would keep the whole text it was cut from alive.
      this.#cache.set(decodeUtf8(bytes), ids);
    }
    return ids;
  }

  #wholeWord(bytes: Uint8Array): Int32Array | undefined {
    if (!this.#wholeWords) return undefined;
    const id = this.#ids.get(Array.from(bytes, (byte) => byteToChar[byte]).join(''));
    return id === undefined ? undefined : Int32Array.of(id);
  }

  #merged(word: string, bytes: Uint8Array): Int32Array {
    const symbols = new Int32Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      const id = this.#byteIds[bytes[i]];
      symbols[i] = id >= 0 ? id : (this.#unk ?? this.#unspeakable(word, bytes[i]));
    }
    return symbols.slice(0, this.#merges.apply(symbols, bytes.length));
  }

  #unspeakable(word: string, byte: number): never {
    const hex = byte.toString(16).toUpperCase().padStart(2, '0');
    throw new TokenizerError(`the vocabulary has no piece for byte 0x${hex} of the word ${show(word)}`, {
      op: 'encode',
      got: byte,
      hint: `a byte-level vocabulary needs all 256; this byte is written ${show(byteToChar[byte])}`,
    });
  }
}
