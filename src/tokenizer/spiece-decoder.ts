import { PIECE, type SpieceModel } from './spiece-model.ts';
import { SPACE } from './spiece-normalizer.ts';
import type { StreamDecoder } from './tokenizer.ts';

/**
 * Pieces back to text, as SentencePiece does it: ▁ is a space, save the one the dummy prefix put in front; control
 * pieces are silent; the unknown piece is written as the model says (' ⁇ '); bytes are collected to characters.
 * Tokens that a config adds (`<extra_id_0>`) are written as they are spelled.
 */
export class SpieceStream implements StreamDecoder {
  readonly #model: SpieceModel;
  readonly #pieceOf: (id: number) => string | undefined;
  /** Bytes of a character that is not complete. */
  #bytes: number[] = [];
  #atStart = true;
  #hasText = false;

  constructor(model: SpieceModel, pieceOf: (id: number) => string | undefined) {
    this.#model = model;
    this.#pieceOf = pieceOf;
  }

  /** `undefined` from `pieceOf`: the id is left out, as if it were not there. */
  push(id: number): string {
    const piece = this.#pieceOf(id);
    if (piece === undefined) return '';
    const type = piece === this.#model.pieces[id] ? this.#model.types[id] : undefined;
    if (type === PIECE.byte) {
      this.#bytes.push(Number.parseInt(piece.slice(3, 5), 16));
      return this.#told(this.#characters(false));
    }
    const before = this.#told(this.#characters(true));
    return before + this.#told(this.#written(piece, type));
  }

  end(): string {
    return this.#told(this.#characters(true));
  }

  #written(piece: string, type: number | undefined): string {
    const { unkSurface, addDummyPrefix, removeExtraWhitespaces } = this.#model;
    if (this.#hasText) this.#atStart = false;
    if (type === PIECE.control) return '';
    const strip = this.#atStart && (addDummyPrefix || removeExtraWhitespaces) && piece.startsWith(SPACE);
    // One dummy prefix is taken away; where extra spaces go, all at the start do.
    if (strip && !removeExtraWhitespaces) this.#atStart = false;
    if (type === PIECE.unknown) return unkSurface;
    return (strip ? piece.slice(1) : piece).replaceAll(SPACE, ' ');
  }

  #told(text: string): string {
    if (text !== '') this.#hasText = true;
    return text;
  }

  /** Takes whole characters from the bytes; a byte that begins none is U+FFFD. `all`: nothing more will come. */
  #characters(all: boolean): string {
    let text = '';
    while (this.#bytes.length > 0) {
      const length = characterLength(this.#bytes);
      if (length === 0 && !all) break;
      text += length > 0 ? utf8.decode(Uint8Array.from(this.#bytes.slice(0, length))) : '\uFFFD';
      this.#bytes.splice(0, Math.abs(length) || 1);
    }
    return text;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes of the first character; 0: it may still be completed; −1: no character begins so (Unicode, table 3-7). */
function characterLength(bytes: readonly number[]): number {
  const lead = bytes[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < Math.min(length, bytes.length); i++)
    if (bytes[i] < (i === 1 ? low : 0x80) || bytes[i] > (i === 1 ? high : 0xbf)) return -1;
  return bytes.length >= length ? length : 0;
}
