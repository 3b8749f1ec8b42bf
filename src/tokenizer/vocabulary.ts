import { FormatError, nearestNames, show, TokenizerError } from '../errors.ts';
import type { AddedToken } from './added-tokens.ts';
import { asId, asObject, asString } from './json.ts';

/** Pieces by id and ids by piece; the ids are 0 … size − 1, each used once. */
export class Vocabulary {
  readonly pieces: readonly string[];
  readonly ids: ReadonlyMap<string, number>;

  /** Errors    FormatError one id for two pieces, an id without a piece */
  constructor(ids: ReadonlyMap<string, number>, where: string) {
    const pieces: (string | undefined)[] = Array.from({ length: ids.size });
    for (const [piece, id] of ids) {
      if (id >= ids.size) throw hole(ids, id, where);
      const other = pieces[id];
      if (other !== undefined)
        throw new FormatError(`id ${id} must belong to one piece, got ${show(other)} and ${show(piece)}`, { where });
      pieces[id] = piece;
    }
    this.pieces = pieces as string[];
    this.ids = ids;
  }

  /** Comparing names takes time; those of another length are not near anyway. */
  #ofLengthLike(piece: string): string[] {
    if (piece.length > 40) return [];
    return this.pieces.filter((other) => Math.abs(other.length - piece.length) <= 2);
  }

  get size(): number {
    return this.pieces.length;
  }

  /** Errors    TokenizerError an id that is not a whole number in [0, size) */
  checkId(id: number, op: string, index?: number): void {
    if (Number.isInteger(id) && id >= 0 && id < this.size) return;
    const name = index === undefined ? 'id' : `ids[${index}]`;
    throw new TokenizerError(`"${name}" must be a whole number from 0 to ${this.size - 1}, got ${show(id)}`, {
      op,
      got: id,
    });
  }

  /** Errors    FormatError a literal that has no id */
  idOf(piece: string, where: string): number {
    const id = this.ids.get(piece);
    if (id !== undefined) return id;
    throw new FormatError(`${show(piece)} is not in the vocabulary of ${this.size} pieces`, {
      where,
      got: piece,
      nearest: nearestNames(piece, this.#ofLengthLike(piece)),
    });
  }
}

function hole(ids: ReadonlyMap<string, number>, got: number, where: string): FormatError {
  const used = new Set(ids.values());
  let missing = 0;
  while (used.has(missing)) missing++;
  return new FormatError(
    `ids must run from 0 without holes, got ${got} among ${ids.size} pieces and nothing at ${missing}`,
    {
      where,
      got,
    },
  );
}

/** The object `{ piece: id }` of vocab.json, encoder.json and tokenizer.json. */
export function readVocab(value: unknown, where: string): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [piece, id] of Object.entries(asObject(value, where))) {
    asString(piece, where);
    ids.set(piece, typeof id === 'number' ? asId(id, where) : asId(id, `${where}[${show(piece)}]`));
  }
  return ids;
}

/** The model's pieces and the added tokens that are not among them. */
export function withAdded(model: ReadonlyMap<string, number>, added: readonly AddedToken[], where: string): Vocabulary {
  const ids = new Map(model);
  for (const { content, id } of added) {
    const known = ids.get(content);
    if (known !== undefined && known !== id)
      throw new FormatError(`added token ${show(content)} must have the id ${known} of the vocabulary, got ${id}`, {
        where,
        got: id,
        expected: known,
      });
    ids.set(content, id);
  }
  return new Vocabulary(ids, where);
}
