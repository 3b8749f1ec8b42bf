import { unitsAt } from './offsets.ts';

/** Normalised text, and for every UTF-16 unit of it (and its end) the index in the text it came from. */
export interface Normalized {
  readonly text: string;
  readonly origin: Int32Array;
}

/** End of the character of the original text at `at`. */
export function endOf(text: string, at: number): number {
  return at + unitsAt(text, at);
}

const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });

/** A growing text with the origin of each unit. */
export class Units {
  #units: Uint16Array<ArrayBuffer>;
  #origin: Int32Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#units = new Uint16Array(capacity);
    this.#origin = new Int32Array(capacity);
  }

  /** The last unit; −1: there is none. */
  get last(): number {
    return this.#length === 0 ? -1 : this.#units[this.#length - 1];
  }

  get length(): number {
    return this.#length;
  }

  push(unit: number, origin: number): void {
    if (this.#length === this.#units.length - 1) this.#grow();
    this.#units[this.#length] = unit;
    this.#origin[this.#length++] = origin;
  }

  /** Takes the last unit away and gives its origin. */
  pop(): number {
    return this.#origin[--this.#length];
  }

  finish(end: number): Normalized {
    this.#origin[this.#length] = end;
    return {
      text: utf16.decode(this.#units.subarray(0, this.#length)),
      origin: this.#origin.subarray(0, this.#length + 1),
    };
  }

  #grow(): void {
    const units = new Uint16Array(2 * this.#units.length);
    const origin = new Int32Array(units.length);
    units.set(this.#units);
    origin.set(this.#origin);
    this.#units = units;
    this.#origin = origin;
  }
}

/** A text that nothing has been done to. */
export function unchanged(text: string, start: number, end: number): Normalized {
  const origin = new Int32Array(end - start + 1);
  for (let i = start, character = start; i <= end; i++) {
    const unit = text.charCodeAt(i);
    if (i === end || unit < 0xdc00 || unit > 0xdfff) character = i;
    origin[i - start] = character;
  }
  return { text: text.slice(start, end), origin };
}

export function sliceOf({ text, origin }: Normalized, start: number, end: number): Normalized {
  return { text: text.slice(start, end), origin: origin.subarray(start, end + 1) };
}
