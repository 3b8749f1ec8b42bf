import { Charsmap } from './charsmap.ts';
import { PieceTrie } from './piece-trie.ts';
import { PIECE, type SpieceModel } from './spiece-model.ts';

export const SPACE = '▁';

/** Normalised text, and for every UTF-16 unit of it (and its end) the index in the text it came from. */
export interface Normalized {
  readonly text: string;
  readonly origin: Int32Array;
}

/**
 * What SentencePiece does to a text before the model sees it: the longest rule of the charsmap at each place, runs of
 * spaces to one, none at the ends, one in front (the dummy prefix), and each shown as ▁. User-defined pieces stay as
 * they are.
 */
export class SpieceNormalizer {
  readonly #model: SpieceModel;
  readonly #charsmap: Charsmap | undefined;
  readonly #kept: PieceTrie | undefined;
  /** Where the last step ended. */
  #end = 0;

  constructor(model: SpieceModel, file: string) {
    this.#model = model;
    if (model.charsmap.length > 0) this.#charsmap = new Charsmap(model.charsmap, file);
    const kept = model.pieces.filter((_, id) => model.types[id] === PIECE.userDefined);
    if (kept.length > 0) this.#kept = new PieceTrie(kept);
  }

  normalize(text: string): Normalized {
    const { removeExtraWhitespaces: remove, escapeWhitespaces, addDummyPrefix, whitespaceAsSuffix } = this.#model;
    const space = (escapeWhitespaces ? SPACE : ' ').charCodeAt(0);
    let at = 0;
    if (remove) while (at < text.length && this.#step(text, at) === ' ') at = this.#end;
    if (at === text.length) return { text: '', origin: new Int32Array(1) };

    const out = new Units(text.length + 16);
    if (addDummyPrefix && !whitespaceAsSuffix) out.push(space, at);
    let afterSpace = remove;
    for (; at < text.length; at = this.#end) {
      const part = this.#step(text, at);
      let from = 0;
      while (afterSpace && part.charCodeAt(from) === 0x20) from++;
      if (from === part.length) continue;
      for (let i = from; i < part.length; i++) {
        const unit = part.charCodeAt(i);
        out.push(unit === 0x20 ? space : unit, at);
      }
      afterSpace = remove && part.charCodeAt(part.length - 1) === 0x20;
    }
    if (remove) while (out.last === space) at = out.pop();
    if (addDummyPrefix && whitespaceAsSuffix) out.push(space, at);
    return out.finish(at);
  }

  /** What stands for the characters from `at` to `#end`. */
  #step(text: string, at: number): string {
    const kept = this.#kept === undefined ? 0 : this.#kept.longest(text, at);
    if (kept === 0) {
      const replacement = this.#charsmap?.longest(text, at);
      if (replacement !== undefined) {
        this.#end = this.#charsmap!.end;
        return replacement;
      }
    }
    this.#end = at + (kept || (text.codePointAt(at)! > 0xffff ? 2 : 1));
    return text.slice(at, this.#end);
  }
}

const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });

/** A growing text with the origin of each unit. */
class Units {
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
