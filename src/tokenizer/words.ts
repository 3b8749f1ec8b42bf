/**
 * GPT-2's cut of text into words, the pattern
 *
 *   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * as a scanner: a regular expression engine keeps a way back for every character of a word, and one word may be a
 * megabyte. White space is Unicode's White_Space (as in the library: U+0085 is, U+FEFF is not). Letters and numbers are
 * those of the platform's Unicode version; code points assigned since then count as signs.
 *
 * Source    Radford et al. 2019, encoder.py; the library's classes were compared at every code point of Unicode 16
 */
const LETTER = 1;
const NUMBER = 2;
const SIGN = 3;
const SPACE = 4;

const letter = /\p{L}/u;
const number = /\p{N}/u;
const space = /\p{White_Space}/u;

/** Class of each code point of the basic plane; 0 until first asked for. */
const known = new Uint8Array(0x10000);

function classOf(codePoint: number): number {
  if (codePoint < 0x10000 && known[codePoint] !== 0) return known[codePoint];
  const character = String.fromCodePoint(codePoint);
  const found = letter.test(character)
    ? LETTER
    : number.test(character)
      ? NUMBER
      : space.test(character)
        ? SPACE
        : SIGN;
  if (codePoint < 0x10000) known[codePoint] = found;
  return found;
}

/** Where the word that begins at `start` ends; start < text.length. */
export function wordEnd(text: string, start: number): number {
  const contraction = text[start] === "'" ? contractionLength(text, start + 1) : 0;
  if (contraction > 0) return start + 1 + contraction;

  const first = text.codePointAt(start)!;
  const next = first === 0x20 && start + 1 < text.length ? classOf(text.codePointAt(start + 1)!) : SPACE;
  if (next !== SPACE) return runEnd(text, start + 1, next);

  const kind = classOf(first);
  const end = runEnd(text, start, kind);
  // \s+(?!\S): the last space of a run is left for the word behind it.
  return kind === SPACE && end < text.length && end - start > 1 ? end - 1 : end;
}

function runEnd(text: string, start: number, kind: number): number {
  let at = start;
  while (at < text.length) {
    const codePoint = text.codePointAt(at)!;
    if (classOf(codePoint) !== kind) break;
    at += codePoint > 0xffff ? 2 : 1;
  }
  return at;
}

/** Length of what follows an apostrophe: s t m d, re ve ll. */
function contractionLength(text: string, at: number): number {
  const first = text[at];
  if (first === 's' || first === 't' || first === 'm' || first === 'd') return 1;
  const second = text[at + 1];
  if ((first === 'r' || first === 'v') && second === 'e') return 2;
  return first === 'l' && second === 'l' ? 2 : 0;
}
