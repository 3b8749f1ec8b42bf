import { FormatError, show } from '../errors.ts';

/** Nesting the reference implementation allows: 127 levels; it also keeps hostile input off the stack's end. */
const MAX_DEPTH = 127;
const MAX_U64 = 2n ** 64n - 1n;
/** Longer numbers have no meaning in a header, and would cost time. */
const MAX_NUMBER_LENGTH = 1000;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * JSON read once from left to right, straight into what the caller wants: no tree is built, so a hostile text costs no
 * more memory than what it describes. Stricter than `JSON.parse` where a file format needs it: an object with the same
 * key twice (also written with escapes) and a lone surrogate are errors, and whole numbers are exact up to 2⁶⁴.
 */
export class JsonScanner {
  readonly #text: string;
  readonly #name: string;
  readonly #base: number;
  #at = 0;
  #depth = 0;

  /** `base` is the byte offset of the text in the file called `name`: for error messages. */
  constructor(text: string, name: string, base: number) {
    this.#text = text;
    this.#name = name;
    this.#base = base;
  }

  /** The next character that is not white space, not consumed; '' at the end. */
  peek(): string {
    for (; ; this.#at++) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return this.#text.charAt(this.#at);
    }
  }

  /** Reads an object; `onKey` must consume the value. */
  object(what: string, onKey: (key: string) => void): void {
    const keys = new Set<string>();
    this.#items(what, 'an object', '{', '}', () => {
      const start = this.#at;
      const key = this.string(`a key of ${what}`);
      if (keys.has(key)) this.fail(`${what} has the key ${show(key)} twice`, start);
      keys.add(key);
      if (this.peek() !== ':') this.#unexpected(`":" after the key ${show(key)}`);
      this.#at++;
      onKey(key);
    });
  }

  /** Reads an array; `onItem` must consume the item. */
  array(what: string, onItem: (index: number) => void): void {
    let index = 0;
    this.#items(what, 'an array', '[', ']', () => onItem(index++));
  }

  /** Reads `null` if it comes next. */
  null(): boolean {
    return this.peek() === 'n' && this.#word('null');
  }

  string(what: string): string {
    if (this.peek() !== '"') this.#unexpected(`${what} to be a string`);
    const text = this.#text;
    const start = this.#at++;
    let plain = true;
    for (let c = text.charCodeAt(this.#at); c !== 0x22; c = text.charCodeAt(++this.#at)) {
      if (Number.isNaN(c)) this.fail(`the text ends inside a string (${what})`);
      if (c < 0x20) this.fail(`control character ${c} inside a string (${what})`);
      if (c === 0x5c) {
        plain = false;
        this.#at++; // whatever is escaped does not end the string
      }
    }
    const end = ++this.#at;
    return plain ? text.slice(start + 1, end - 1) : this.#unescape(start, end, what);
  }

  /** A whole number from 0 to 2⁶⁴ − 1: a bigint only where a number would not be exact. */
  natural(what: string): number | bigint {
    const start = this.#at;
    const digits = this.#number(what);
    // 20 digits hold every 64-bit number, and bound the time that BigInt takes.
    if (/^[0-9]{1,15}$/.test(digits)) return Number(digits);
    const value = /^[0-9]{16,20}$/.test(digits) ? BigInt(digits) : undefined;
    if (value === undefined || value > MAX_U64) {
      this.fail(`${what} must be a whole number from 0 to 2^64 - 1, got ${digits.slice(0, 40)}`, start);
    }
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  /** Reads any value and forgets it. */
  skip(what: string): void {
    const c = this.peek();
    if (c === '{') this.object(what, () => this.skip(what));
    else if (c === '[') this.array(what, () => this.skip(what));
    else if (c === '"') this.string(what);
    else if (c === 'n') this.#word('null');
    else if (c === 't') this.#word('true');
    else if (c === 'f') this.#word('false');
    else this.#number(what);
  }

  /** After the value only white space may follow. */
  end(): void {
    if (this.peek() !== '') this.#unexpected('nothing but spaces after the closing brace');
  }

  fail(summary: string, at = this.#at): never {
    const offset = this.#base + new TextEncoder().encode(this.#text.slice(0, at)).length;
    throw new FormatError(summary, { op: 'safetensors', where: `${this.#name}, byte ${offset}` });
  }

  #items(what: string, kind: string, open: string, close: string, item: () => void): void {
    if (this.peek() !== open) this.#unexpected(`${what} to be ${kind}`);
    if (++this.#depth > MAX_DEPTH) this.fail(`values are nested more than ${MAX_DEPTH} deep`);
    this.#at++;
    if (this.peek() !== close) {
      for (; ; this.#at++) {
        item();
        const c = this.peek();
        if (c === close) break;
        if (c !== ',') this.#unexpected(`"," or "${close}" in ${what}`);
      }
    }
    this.#at++;
    this.#depth--;
  }

  #unescape(start: number, end: number, what: string): string {
    const literal = this.#text.slice(start, end);
    let value: unknown;
    try {
      value = JSON.parse(literal);
    } catch {
      // Told below: the only thing left that can be wrong in a string is an escape.
    }
    if (typeof value !== 'string') this.fail(`a wrong escape in ${show(literal)} (${what})`, start);
    if (/\p{Surrogate}/u.test(value)) this.fail(`half of a surrogate pair in ${show(literal)} (${what})`, start);
    return value;
  }

  #number(what: string): string {
    this.peek();
    const start = this.#at;
    while (isNumberPart(this.#text.charCodeAt(this.#at))) this.#at++;
    const digits = this.#text.slice(start, this.#at);
    if (digits === '') this.#unexpected(`${what} to be a value`);
    if (digits.length > MAX_NUMBER_LENGTH) this.fail(`${what} is a number of ${digits.length} characters`, start);
    if (!NUMBER.test(digits)) this.fail(`${what}: ${show(digits)} is no number`, start);
    if (!Number.isFinite(Number(digits))) this.fail(`${what} is a number beyond the range of float64`, start);
    return digits;
  }

  #word(word: string): true {
    if (!this.#text.startsWith(word, this.#at)) this.#unexpected(`"${word}"`);
    this.#at += word.length;
    return true;
  }

  #unexpected(expected: string): never {
    const c = this.peek();
    this.fail(`expected ${expected}, got ${c === '' ? 'the end of the text' : show(c)}`);
  }
}

/** A digit or one of + - . E e. */
function isNumberPart(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || c === 0x2b || c === 0x2d || c === 0x2e || c === 0x45 || c === 0x65;
}
