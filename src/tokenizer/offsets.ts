import type { Encoding } from './tokenizer.ts';

/** UTF-16 units of the character at index `at`; the text is well-formed. */
export function unitsAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff ? 2 : 1;
}

function bytesAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unitsAt(text, at) === 2 ? 4 : 3;
}

/** Goes through the UTF-8 bytes of a text and tells which UTF-16 units they belong to. */
export class ByteWalk {
  readonly #text: string;
  /** The character that holds the next byte, and how many of its bytes are left. */
  #at = 0;
  #left: number;

  constructor(text: string) {
    this.#text = text;
    this.#left = bytesAt(text, 0);
  }

  /** The range of the characters that the next `count` bytes touch; count ≥ 1. */
  take(count: number): [start: number, end: number] {
    const start = this.#at;
    let rest = count;
    while (rest > this.#left) {
      rest -= this.#left;
      this.#step();
    }
    const end = this.#at + unitsAt(this.#text, this.#at);
    this.#left -= rest;
    if (this.#left === 0) this.#step();
    return [start, end];
  }

  #step(): void {
    this.#at += unitsAt(this.#text, this.#at);
    this.#left = bytesAt(this.#text, this.#at);
  }
}

const space = /[\p{White_Space}Ġ]/u;
const leadingSpace = /^[\p{White_Space}Ġ]+/u;

/**
 * Takes the white space at the ends of pieces out of their offsets, as the library's ByteLevel post-processor does: as
 * many characters of the text as the piece has spaces. `keepFirst`: not a single space before the first token, because
 * `add_prefix_space` may have put it there.
 */
export function trimOffsets(text: string, { pieces, offsets }: Encoding, keepFirst: boolean): void {
  pieces.forEach((piece, i) => {
    let [start, end] = offsets[i];
    const bare = piece.replace(leadingSpace, '');
    const leading = piece.length - bare.length;
    if (!(keepFirst && leading === 1 && (i === 0 || start === 0)))
      for (let n = leading; n > 0 && start < end; n--) start += unitsAt(text, start);
    for (let at = piece.length; at > 0 && space.test(piece[at - 1]) && start < end; at--) end -= unitsBefore(text, end);
    offsets[i] = [start, end];
  });
}

function unitsBefore(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xdc00 && unit <= 0xdfff ? 2 : 1;
}
