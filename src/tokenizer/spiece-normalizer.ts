import { Charsmap } from './charsmap.ts';
import { type Normalized, Units } from './normalized.ts';
import { PieceTrie } from './piece-trie.ts';
import { PIECE, type SpieceModel } from './spiece-model.ts';

export const SPACE = '▁';

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
