import { FormatError, show } from '../errors.ts';
import { Charsmap } from './charsmap.ts';
import { asArray, asBoolean, asObject, asOneOf, asString } from './json.ts';
import { precompiled, replace, type Step, strip, unicode, WHITE_SPACE } from './normalizers.ts';

/** Normalizers of the tokenizers library that are known here. */
const KNOWN = ['Precompiled', 'Sequence', 'Strip', 'Replace', 'NFC', 'NFD', 'NFKC', 'NFKD'] as const;
const MOST_STEPS = 16;
const LONGEST_CONTENT = 16;

/** The steps of a `normalizer`, in order; null: none. */
export function readNormalizer(value: unknown, where: string): Step[] {
  if (value === undefined || value === null) return [];
  const part = asObject(value, where);
  const type = asOneOf(part.type, KNOWN, `${where}.type`);
  switch (type) {
    case 'Precompiled':
      return [precompiled(new Charsmap(base64(part.precompiled_charsmap, `${where}.precompiled_charsmap`), where))];
    case 'Strip':
      return [
        strip(asBoolean(part.strip_left, `${where}.strip_left`), asBoolean(part.strip_right, `${where}.strip_right`)),
      ];
    case 'Replace':
      return [replace(readPattern(part.pattern, `${where}.pattern`), readContent(part.content, `${where}.content`))];
    case 'Sequence':
      return readSteps(part.normalizers, `${where}.normalizers`, KNOWN, readNormalizer);
    default:
      return [unicode(type)];
  }
}

/** The parts of a sequence, read one by one; a sequence inside a sequence is refused, so that nothing nests without end. */
export function readSteps<S>(
  value: unknown,
  where: string,
  known: readonly string[],
  read: (value: unknown, where: string) => S[],
): S[] {
  const parts = asArray(value, where);
  if (parts.length > MOST_STEPS)
    throw new FormatError(`must have at most ${MOST_STEPS} parts, got ${parts.length}`, { where, got: parts.length });
  const plain = known.filter((name) => name !== 'Sequence');
  return parts.flatMap((part, i) => {
    asOneOf(asObject(part, `${where}[${i}]`).type, plain, `${where}[${i}].type`);
    return read(part, `${where}[${i}]`);
  });
}

function readContent(value: unknown, where: string): string {
  const content = asString(value, where);
  if (content.length > LONGEST_CONTENT)
    throw new FormatError(`must have at most ${LONGEST_CONTENT} UTF-16 units, got ${content.length}`, { where });
  return content;
}

/**
 * A literal, or a regular expression of the one form that such files have: a character or \s, n times and more.
 * (An arbitrary one could take exponential time.)
 */
function readPattern(value: unknown, where: string): (text: string, at: number) => number {
  const { String: literal, Regex: regex } = asObject(value, where);
  if (literal !== undefined) {
    const wanted = asString(literal, where);
    if (wanted === '') throw new FormatError('must not be empty', { where });
    return (text, at) => (text.startsWith(wanted, at) ? at + wanted.length : at);
  }
  const source = asString(regex, `${where}.Regex`);
  const found = /^(\\s|[^\\^$.*+?()[\]{}|])(?:(\+)|\{(\d{1,3}),\})$/u.exec(source);
  if (found === null)
    throw new FormatError(`${show(source)} is not known here; known: one character or \\s, followed by + or {n,}`, {
      where: `${where}.Regex`,
      got: source,
    });
  const [, unit, , times = '1'] = found;
  const matches = unit === '\\s' ? (text: string, at: number) => WHITE_SPACE.test(text[at]) : startsWith(unit);
  const least = Math.max(1, Number(times)) * (unit === '\\s' ? 1 : unit.length);
  const width = unit === '\\s' ? 1 : unit.length;
  return (text, at) => {
    let end = at;
    while (end < text.length && matches(text, end)) end += width;
    return end - at >= least ? end : at;
  };
}

function startsWith(unit: string) {
  return (text: string, at: number) => text.startsWith(unit, at);
}

function base64(value: unknown, where: string): Uint8Array {
  const text = asString(value, where);
  try {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch (cause) {
    throw new FormatError('must be base64', { where, cause });
  }
}
