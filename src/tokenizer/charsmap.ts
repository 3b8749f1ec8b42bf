import { FormatError } from '../errors.ts';

/** A leaf holds a value, all other units a label in their low byte. */
const LEAF = 0x80000000;
/** NFKC's longest is 33 bytes; without a limit a small file could ask for gigabytes. */
const LONGEST = 256;
const UNIT_BLOCK = 1024;

/**
 * SentencePiece's `precompiled_charsmap`: which strings are replaced by which before the model sees the text.
 * The keys are UTF-8 in a double-array trie; a value is a place in a block of zero-terminated replacements.
 *
 *   [trie bytes: u32] [trie: u32 …] [replacements: UTF-8 …\0]        (little endian)
 *
 * A unit leads to the slot i ^ offset ^ byte. The constructor checks that no unit leads outside, so a walk needs no checks.
 *
 * Errors    FormatError for every way a unit, a size or the text block can be wrong
 * Source    Aoe 1989 (double arrays); the layout of darts-clone
 */
export class Charsmap {
  readonly #units: Uint32Array;
  readonly #block: Uint8Array;
  readonly #texts = new Map<number, string>();
  /** Where the last match ends. */
  end = 0;

  constructor(bytes: Uint8Array, where: string) {
    const fail = (rule: string) => new FormatError(`precompiled_charsmap: ${rule}`, { where });
    if (bytes.length < 4) throw fail(`must have at least 4 bytes, got ${bytes.length}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = view.getUint32(0, true);
    if (size < UNIT_BLOCK || size % UNIT_BLOCK !== 0 || size >= bytes.length - 4)
      throw fail(`the trie's size must be a multiple of 1024 below ${bytes.length - 4}, got ${size}`);
    this.#units = new Uint32Array(size / 4);
    for (let i = 0; i < size / 4; i++) this.#units[i] = view.getUint32(4 + 4 * i, true);
    this.#block = bytes.subarray(4 + size);
    checkBlock(this.#block, fail);
    checkUnits(this.#units, this.#block.length, fail);
  }

  /** What replaces the longest key at `at`; `end` then tells where that key ends. */
  longest(text: string, at: number): string | undefined {
    const value = this.#walk(text, at, text.length, false);
    return value < 0 ? undefined : this.#text(value);
  }

  /** What replaces the shortest key at `at` that ends before or at `limit`. */
  shortest(text: string, at: number, limit: number): string | undefined {
    const value = this.#walk(text, at, limit, true);
    return value < 0 ? undefined : this.#text(value);
  }

  #walk(text: string, at: number, limit: number, first: boolean): number {
    const units = this.#units;
    let slot = offset(units[0]);
    let value = -1;
    for (let i = at; i < limit; ) {
      const point = text.codePointAt(i)!;
      i += point > 0xffff ? 2 : 1;
      for (let shift = leadShift(point); shift >= 0; shift -= 6) {
        const byte = utf8Byte(point, shift);
        slot ^= byte;
        const unit = units[slot];
        if ((unit & (LEAF | 0xff)) >>> 0 !== byte) return value;
        slot ^= offset(unit);
        if (shift === 0 && (unit >>> 8) & 1) {
          value = units[slot] & ~LEAF;
          this.end = i;
          if (first) return value;
        }
      }
    }
    return value;
  }

  #text(value: number): string {
    let text = this.#texts.get(value);
    if (text === undefined) {
      text = utf8.decode(this.#block.subarray(value, this.#block.indexOf(0, value)));
      this.#texts.set(value, text);
    }
    return text;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true });

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** How far right the bits of a code point's first UTF-8 byte lie. */
function leadShift(point: number): number {
  return point < 0x80 ? 0 : point < 0x800 ? 6 : point < 0x10000 ? 12 : 18;
}

function utf8Byte(point: number, shift: number): number {
  const bits = point >>> shift;
  if (point < 0x80) return point;
  const lead = leadShift(point);
  if (shift !== lead) return 0x80 | (bits & 0x3f);
  return bits | (lead === 6 ? 0xc0 : lead === 12 ? 0xe0 : 0xf0);
}

function checkBlock(block: Uint8Array, fail: (rule: string) => FormatError): void {
  if (block[block.length - 1] !== 0) throw fail('the replacements must end with a zero byte');
  for (let at = 0; at < block.length; ) {
    const end = block.indexOf(0, at);
    if (end - at > LONGEST) throw fail(`a replacement must have at most ${LONGEST} bytes, got ${end - at}`);
    at = end + 1;
  }
  try {
    strict.decode(block);
  } catch {
    throw fail('the replacements must be UTF-8');
  }
}

function checkUnits(units: Uint32Array, blockLength: number, fail: (rule: string) => FormatError): void {
  const inside = (slot: number) => slot >>> 0 < units.length && (slot | 0xff) >>> 0 < units.length;
  const root = units[0];
  if ((root & (LEAF | 0xff)) !== 0 || (root >>> 8) & 1 || offset(root) === 0 || !inside(offset(root)))
    throw fail('the root unit must lead to a block inside the trie and hold no value');
  for (let i = 1; i < units.length; i++) {
    const unit = units[i];
    if (unit >= LEAF) {
      if (unit - LEAF >= blockLength) throw fail(`unit ${i} must point into the replacements, got ${unit - LEAF}`);
      continue;
    }
    const to = i ^ offset(unit);
    if (!inside(to)) throw fail(`unit ${i} must lead to a slot below ${units.length}, got ${to >>> 0}`);
    if ((unit >>> 8) & 1 && units[to] < LEAF) throw fail(`unit ${i} must lead to a value at slot ${to}`);
  }
}
