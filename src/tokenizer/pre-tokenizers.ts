import { FormatError, show } from '../errors.ts';
import { asBoolean, asObject, asOneOf, asString, type JsonObject } from './json.ts';
import { type Normalized, sliceOf } from './normalized.ts';
import { readSteps } from './normalizer-json.ts';
import { WHITE_SPACE } from './normalizers.ts';

/** Cuts a text into words; the model never looks across. */
export type Cut = (word: Normalized) => Normalized[];

const KNOWN = ['Metaspace', 'WhitespaceSplit', 'Sequence'] as const;

/** The cuts of a `pre_tokenizer`, in order; null: none. */
export function readPreTokenizer(value: unknown, where: string): Cut[] {
  if (value === undefined || value === null) return [];
  const part = asObject(value, where);
  switch (asOneOf(part.type, KNOWN, `${where}.type`)) {
    case 'WhitespaceSplit':
      return [whitespaceSplit];
    case 'Metaspace':
      return [metaspace(readMetaspace(part, where))];
    default:
      return readSteps(part.pretokenizers, `${where}.pretokenizers`, KNOWN, readPreTokenizer);
  }
}

/** Spaces as a visible character. */
export interface Metaspace {
  readonly replacement: string;
  /** Where one is put in front: every stretch of text that has none, the first one, nowhere. */
  readonly prepend: 'always' | 'first' | 'never';
  readonly split: boolean;
}

export function readMetaspace(part: JsonObject, where: string): Metaspace {
  const replacement = asString(part.replacement, `${where}.replacement`);
  if (replacement.length !== 1)
    throw new FormatError(`must be one character of the basic plane, got ${show(replacement)}`, {
      where: `${where}.replacement`,
      got: replacement,
    });
  const prepend = asOneOf(part.prepend_scheme ?? 'always', ['always', 'first', 'never'], `${where}.prepend_scheme`);
  // Older files say it with a flag, which may only agree.
  if (part.add_prefix_space === false && prepend !== 'never')
    throw new FormatError(`"add_prefix_space" is false, so "prepend_scheme" must be never, got ${prepend}`, { where });
  return { replacement, prepend, split: asBoolean(part.split ?? true, `${where}.split`) };
}

function whitespaceSplit(word: Normalized): Normalized[] {
  const words: Normalized[] = [];
  const { text } = word;
  for (let at = 0; at < text.length; at++) {
    if (isSpace(text, at)) continue;
    const start = at;
    while (at < text.length && !isSpace(text, at)) at++;
    words.push(sliceOf(word, start, at));
  }
  return words;
}

function isSpace(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit === 0x20 || ((unit < 0x20 || unit > 0x7f) && WHITE_SPACE.test(text[at]));
}

function metaspace({ replacement, prepend, split }: Metaspace): Cut {
  return (word) => {
    const shown = { text: word.text.replaceAll(' ', replacement), origin: word.origin };
    const wanted = prepend === 'always' || (prepend === 'first' && word.origin[0] === 0);
    const whole = wanted && !shown.text.startsWith(replacement) ? prefixed(shown, replacement) : shown;
    if (!split) return [whole];
    const words: Normalized[] = [];
    for (let start = 0; start < whole.text.length; ) {
      const next = whole.text.indexOf(replacement, start + 1);
      const end = next < 0 ? whole.text.length : next;
      words.push(sliceOf(whole, start, end));
      start = end;
    }
    return words;
  };
}

/** What is put in front belongs to the first character. */
function prefixed({ text, origin }: Normalized, prefix: string): Normalized {
  const longer = new Int32Array(origin.length + 1);
  longer.set(origin, 1);
  longer[0] = origin[0];
  return { text: prefix + text, origin: longer };
}
