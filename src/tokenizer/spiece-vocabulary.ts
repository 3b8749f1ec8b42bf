import { FormatError, nearestNames, show, TokenizerError } from '../errors.ts';
import type { AddedToken } from './added-tokens.ts';
import type { PieceTable } from './unigram-tokenizer.ts';

/**
 * Pieces of a model file, and tokens a config adds: these may lie far above, so ids may have gaps. Where the config gives
 * a token the id of another piece, the config wins, as in transformers (one public tiny T5 relies on it).
 */
export class SpieceVocabulary implements PieceTable {
  readonly ids: ReadonlyMap<string, number>;
  /** The highest id and one. */
  readonly size: number;
  readonly #pieces: readonly string[];
  readonly #added: ReadonlyMap<number, string>;

  constructor(pieces: readonly string[], added: readonly AddedToken[]) {
    const ids = new Map(pieces.map((piece, id) => [piece, id]));
    const byId = new Map<number, string>();
    for (const { content, id } of added) {
      ids.set(content, id);
      byId.set(id, content);
    }
    this.ids = ids;
    this.#pieces = pieces;
    this.#added = byId;
    let size = pieces.length;
    for (const id of byId.keys()) size = Math.max(size, id + 1);
    this.size = size;
  }

  /** The piece of an id that `checkId` let pass. */
  pieceOf(id: number): string {
    return this.#added.get(id) ?? this.#pieces[id];
  }

  checkId(id: number, op: string, index?: number): void {
    if (Number.isInteger(id) && (this.#added.has(id) || (id >= 0 && id < this.#pieces.length))) return;
    const name = index === undefined ? 'id' : `ids[${index}]`;
    const more = this.#added.size === 0 ? '' : ` or one of ${this.#added.size} added tokens`;
    throw new TokenizerError(
      `"${name}" must be a whole number from 0 to ${this.#pieces.length - 1}${more}, got ${show(id)}`,
      {
        op,
        got: id,
      },
    );
  }

  idOf(piece: string, where: string): number {
    const id = this.ids.get(piece);
    if (id !== undefined) return id;
    throw new FormatError(`${show(piece)} is not in the vocabulary of ${this.ids.size} pieces`, {
      where,
      got: piece,
      nearest: nearestNames(piece, this.ids.keys()),
    });
  }
}
