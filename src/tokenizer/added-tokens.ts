import { FormatError, show } from '../errors.ts';
import { asBoolean, asId, asObject, asString } from './json.ts';

/** A token that is found in the text before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Takes the white space before it, after it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Only where no word character touches it. */
  readonly singleWord: boolean;
  /** Looked for in the normalised text, after all that are not. */
  readonly normalized: boolean;
  /** Left out by `skip_special_tokens`, and not looked for with `special_tokens_in_text: false`. */
  readonly special: boolean;
}

/** A stretch [start, end) of the text; `token` is missing where the model has to work. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly token?: AddedToken;
}

/** Longer literals are refused, so that looking for them stays linear in the text. */
const LONGEST = 256;

/** One entry as tokenizer.json and tokenizer_config.json write it; flags left out are false. */
export function readAddedToken(value: unknown, id: unknown, where: string): AddedToken {
  const entry = asObject(value, where);
  const flag = (name: string) => entry[name] !== undefined && asBoolean(entry[name], `${where}.${name}`);
  const content = asString(entry.content, `${where}.content`);
  if (content.length === 0 || content.length > LONGEST)
    throw new FormatError(`must have 1 to ${LONGEST} UTF-16 units, got ${content.length}`, {
      where: `${where}.content`,
      got: content.length,
    });
  return {
    id: asId(id, `${where}.id`),
    content,
    lstrip: flag('lstrip'),
    rstrip: flag('rstrip'),
    singleWord: flag('single_word'),
    normalized: flag('normalized'),
    special: flag('special'),
  };
}

/** Cuts text at the literals of added tokens: leftmost first, the longest of those that begin there. */
export class AddedTokenFinder {
  /** By UTF-16 units, so that one binary search per unit narrows down to what still matches. */
  readonly #sorted: readonly AddedToken[];
  readonly #firstUnits: ReadonlySet<number>;

  constructor(tokens: readonly AddedToken[]) {
    this.#sorted = [...tokens].sort((a, b) => (a.content < b.content ? -1 : a.content > b.content ? 1 : 0));
    for (let i = 1; i < this.#sorted.length; i++) {
      const { content, id } = this.#sorted[i];
      if (content === this.#sorted[i - 1].content)
        throw new FormatError(`added token ${show(content)} must have one id, got ${this.#sorted[i - 1].id} and ${id}`);
    }
    this.#firstUnits = new Set(tokens.map(({ content }) => content.charCodeAt(0)));
  }

  /**
   * The segments of text[start, end) in order, none overlapping; nothing beyond these bounds is looked at. White space
   * that `rstrip` took is gone: where a literal begins in there, the library lists it twice or breaks off.
   */
  split(text: string, start: number, end: number, wanted: (token: AddedToken) => boolean): Segment[] {
    const segments: Segment[] = [];
    let done = start;
    for (let at = start; at < end; ) {
      const token = this.#firstUnits.has(text.charCodeAt(at)) ? this.#longest(text, at, end) : undefined;
      if (token === undefined) {
        at++;
        continue;
      }
      let from = at;
      at += token.content.length;
      let to = at;
      if (!wanted(token) || (token.singleWord && (wordBefore(text, from, start) || wordAfter(text, to, end)))) continue;
      if (to <= done) continue;
      from = Math.max(from, done);
      if (token.lstrip) while (from > done && isSpace(text.charCodeAt(from - 1))) from--;
      if (token.rstrip) while (to < end && isSpace(text.charCodeAt(to))) to++;
      if (from > done) segments.push({ start: done, end: from });
      segments.push({ start: from, end: to, token });
      done = to;
    }
    if (done < end) segments.push({ start: done, end });
    return segments;
  }

  #longest(text: string, at: number, end: number): AddedToken | undefined {
    let found: AddedToken | undefined;
    let low = 0;
    let high = this.#sorted.length;
    for (let depth = 0; low < high && at + depth < end; depth++) {
      const unit = text.charCodeAt(at + depth);
      low = this.#firstAtLeast(unit, depth, low, high);
      high = this.#firstAtLeast(unit + 1, depth, low, high);
      if (low < high && this.#sorted[low].content.length === depth + 1) found = this.#sorted[low];
    }
    return found;
  }

  #firstAtLeast(unit: number, depth: number, low: number, high: number): number {
    while (low < high) {
      const middle = (low + high) >>> 1;
      // A content that ends here gives NaN, which is not ≥ unit: shorter sorts first.
      if (this.#sorted[middle].content.charCodeAt(depth) >= unit) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const space = /\p{White_Space}/u;
/** The regex class \w of UTS #18, annex C. */
const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/** All white space lies in the basic plane, so one unit tells. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || space.test(String.fromCharCode(unit));
}

function wordBefore(text: string, at: number, start: number): boolean {
  if (at <= start) return false;
  const low = text.charCodeAt(at - 1);
  const pair = low >= 0xdc00 && low <= 0xdfff && at - 2 >= start;
  return word.test(text.slice(pair ? at - 2 : at - 1, at));
}

function wordAfter(text: string, at: number, end: number): boolean {
  return at < end && word.test(String.fromCodePoint(text.codePointAt(at)!));
}
