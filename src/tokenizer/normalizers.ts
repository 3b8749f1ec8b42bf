import type { Charsmap } from './charsmap.ts';
import { clusterEnd } from './graphemes.ts';
import { type Normalized, sliceOf, Units } from './normalized.ts';

/** One step of the tokenizers library between text and model. */
export type Step = (text: Normalized) => Normalized;

/** Clusters of fewer UTF-8 bytes are looked up whole. */
const SHORT = 6;

/**
 * The library's reading of a charsmap, which is not SentencePiece's: short grapheme clusters are looked up whole, all
 * else character by character, the shortest key counts, and what follows it in a cluster is dropped.
 */
export function precompiled(charsmap: Charsmap): Step {
  return (from) => {
    const { text } = from;
    const points: number[] = [];
    // Per new character: 1 added, 0 in place of one, −n in place of one and the n after it.
    const changes: number[] = [];
    const replace = (oldCount: number, replacement: string) => {
      const before = points.length;
      for (const character of replacement) {
        const isNew = points.length - before >= oldCount;
        points.push(character.codePointAt(0)!);
        changes.push(isNew ? 1 : 0);
      }
      const fewer = oldCount - (points.length - before);
      if (fewer > 0 && changes.length > 0) changes[changes.length - 1] -= fewer;
    };
    for (let at = 0; at < text.length; ) {
      const end = clusterEnd(text, at);
      const whole = utf8Length(text, at, end) < SHORT ? charsmap.shortest(text, at, end) : undefined;
      if (whole !== undefined) {
        replace(characters(text, at, end), whole);
        at = end;
      }
      while (at < end) {
        const point = text.codePointAt(at)!;
        const next = at + (point > 0xffff ? 2 : 1);
        const replacement = charsmap.shortest(text, at, next);
        if (replacement === undefined) {
          points.push(point);
          changes.push(0);
        } else replace(1, replacement);
        at = next;
      }
    }
    return align(from, points, changes);
  };
}

/** Cuts white space off the ends. */
export function strip(left: boolean, right: boolean): Step {
  return (from) => {
    const kept = left ? from.text.replace(/^\p{White_Space}+/u, '') : from.text;
    let end = from.text.length;
    const start = end - kept.length;
    if (right) while (end > start && WHITE_SPACE.test(from.text[end - 1])) end--;
    return sliceOf(from, start, end);
  };
}

/** Every match becomes `content`, which belongs to the last character of the match. */
export function replace(matchEnd: (text: string, at: number) => number, content: string): Step {
  return (from) => {
    const { text, origin } = from;
    const out = new Units(text.length + 16);
    for (let at = 0; at < text.length; ) {
      const end = matchEnd(text, at);
      if (end > at) for (let i = 0; i < content.length; i++) out.push(content.charCodeAt(i), origin[end - 1]);
      else out.push(text.charCodeAt(at), origin[at]);
      at = Math.max(end, at + 1);
    }
    return out.finish(origin[text.length]);
  };
}

/** A character and what may compose with it; the four normal forms work inside of such a stretch. */
const COMPOSING = /.[\p{M}\u1160-\u11ff\uff9e\uff9f]*/gsu;

export function unicode(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Step {
  const decomposed = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  return (from) => {
    const points: number[] = [];
    const changes: number[] = [];
    for (const [part] of from.text.matchAll(COMPOSING)) {
      // How each decomposed character came about; those of one kind keep their order.
      const waiting = new Map<string, { readonly changes: number[]; taken: number }>();
      for (const character of part)
        Array.from(character.normalize(decomposed)).forEach((d, i) => {
          const kind = waiting.get(d) ?? { changes: [], taken: 0 };
          kind.changes.push(i === 0 ? 0 : 1);
          waiting.set(d, kind);
        });
      for (const character of part.normalize(form)) {
        let change = 1;
        for (const d of character.normalize('NFD')) {
          const kind = waiting.get(d);
          change += kind === undefined ? -1 : kind.changes[kind.taken++] - 1;
        }
        points.push(character.codePointAt(0)!);
        changes.push(change);
      }
    }
    return align(from, points, changes);
  };
}

export const WHITE_SPACE = /\p{White_Space}/u;

function align({ text, origin }: Normalized, points: readonly number[], changes: readonly number[]): Normalized {
  const out = new Units(points.length + 16);
  let at = 0;
  const next = () => {
    at += at < text.length && text.codePointAt(at)! > 0xffff ? 2 : 1;
  };
  points.forEach((point, i) => {
    const from = origin[changes[i] > 0 ? Math.max(0, at - 1) : at];
    if (point > 0xffff) {
      out.push(0xd7c0 + (point >> 10), from);
      out.push(0xdc00 | (point & 0x3ff), from);
    } else out.push(point, from);
    if (changes[i] <= 0) for (let k = changes[i]; k <= 0; k++) next();
  });
  return out.finish(origin[text.length]);
}

function characters(text: string, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i += text.codePointAt(i)! > 0xffff ? 2 : 1) count++;
  return count;
}

function utf8Length(text: string, start: number, end: number): number {
  let bytes = 0;
  for (let i = start; i < end && bytes < SHORT; i++) {
    const unit = text.charCodeAt(i);
    // Half of a pair counts two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
