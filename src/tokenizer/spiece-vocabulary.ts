import { FormatError, nearestNames, show, TokenizerError } from '../errors.ts';
import type { AddedToken } from './added-tokens.ts';
import type { PieceTable } from './unigram-tokenizer.ts';

/** Pieces of a model file, and tokens a config adds: these may lie far above, so ids may have gaps. */
export class SpieceVocabulary implements PieceTable {
  readonly ids: ReadonlyMap<string, number>;
  /** The highest id and one. */
  readonly size: number;
  readonly #pieces: readonly string[];
  readonly #added: ReadonlyMap<number, string>;

  /** Errors    FormatError an added token with another id than the model's, two tokens with one id */
  constructor(pieces: readonly string[], added: readonly AddedToken[]) {
    const ids = new Map(pieces.map((piece, id) => [piece, id]));
    const byId = new Map<number, string>();
    for (const { content, id } of added) {
      const known = ids.get(content);
      const other = byId.get(id) ?? pieces[id];
      if ((known !== undefined && known !== id) || (other !== undefined && other !== content))
        throw new FormatError(
          `added token ${show(content)} must have an id of its own, got ${id}, and the vocabulary has ` +
            (other === undefined ? `${show(content)} as ${known}` : `${show(other)} there`),
          { where: 'added tokens of the tokenizer config', got: id },
        );
      if (known === undefined) byId.set(id, content);
      ids.set(content, id);
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
    return this.#pieces[id] ?? this.#added.get(id) ?? '';
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
