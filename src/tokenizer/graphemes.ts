/** Marks that lie in Mc and do not join all the same (Unicode, GraphemeBreakProperty: not SpacingMark). */
const NOT_SPACING =
  /[\u102b\u102c\u1038\u1062-\u1064\u1067-\u106d\u1083\u1087-\u108c\u108f\u109a-\u109c\u1a61\u1a63\u1a64\uaa7b\uaa7d\u{11720}\u{11721}]/u;
const EXTEND = /\p{Grapheme_Extend}|\p{Emoji_Modifier}|\u200d|[\u0e33\u0eb3]/u;
const SPACING = /\p{Mc}/u;
const PREPEND = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u{110bd}\u{110cd}]/u;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** Below, no character joins another but CR and LF. */
const FIRST_MARK = 0x300;

/**
 * End of the grapheme cluster that begins at `at`, as far as short clusters go: a character with the marks after it.
 * Hangul syllables, flags and emoji sequences are left apart: these take six bytes and more, which nobody asks about.
 * (`Intl.Segmenter` knows all clusters, and takes quadratic time: 770 s for 1 MB, measured on Node 20.)
 *
 * Source    Unicode Standard Annex 29, rules GB3 to GB9b
 */
export function clusterEnd(text: string, at: number): number {
  let previous = text.codePointAt(at)!;
  let end = at + unitsOf(previous);
  while (end < text.length) {
    const next = text.codePointAt(end)!;
    if (!joins(previous, next)) break;
    previous = next;
    end += unitsOf(next);
  }
  return end;
}

function joins(previous: number, next: number): boolean {
  if (previous === 0x0d) return next === 0x0a;
  if (previous < FIRST_MARK && next < FIRST_MARK) return false;
  const before = String.fromCodePoint(previous);
  const after = String.fromCodePoint(next);
  const prepends = PREPEND.test(before);
  if (isControl(before) && !prepends) return false;
  if (EXTEND.test(after) || (SPACING.test(after) && !NOT_SPACING.test(after))) return true;
  return prepends && (!isControl(after) || PREPEND.test(after));
}

function isControl(character: string): boolean {
  return CONTROL.test(character) && !EXTEND.test(character);
}

function unitsOf(point: number): number {
  return point > 0xffff ? 2 : 1;
}
