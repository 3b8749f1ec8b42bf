import { checkFlags } from './options.ts';
import type { DecodeOptions, EncodeOptions, Encoding, StreamDecoder, Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';
import { checkText } from './well-formed.ts';

/** The part of a vocabulary that reading and writing need. */
export type PieceTable = Pick<Vocabulary, 'size' | 'ids' | 'checkId' | 'idOf'> & { pieceOf(id: number): string };

/** What a unigram tokenizer is made of; the readers of both file formats end here. */
export interface UnigramParts {
  readonly vocabulary: PieceTable;
  readonly special: Tokenizer['special'];
  /** Ids that the template puts around every text. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Whether literals of special tokens are looked for when the caller does not say. */
  readonly specialsInText: boolean;
  /** Appends the tokens of a well-formed text, without the template. */
  encodeInto(out: Encoding, text: string, specialsInText: boolean): void;
  /** `pieceOf` gives undefined for ids that are left out. */
  stream(pieceOf: (id: number) => string | undefined): StreamDecoder;
}

/**
 * Unigram tokenization (SentencePiece), from either of its two file formats. `decode` is the stream, run to its end.
 *
 * Units     offsets in UTF-16 code units
 * Errors    TokenizerError a lone surrogate, an id that has no piece
 * Source    Kudo 2018; Kudo & Richardson 2018
 */
export class UnigramTokenizer implements Tokenizer {
  readonly kind = 'unigram';
  readonly #parts: UnigramParts;

  constructor(parts: UnigramParts) {
    this.#parts = parts;
  }

  get special(): Tokenizer['special'] {
    return this.#parts.special;
  }

  get vocabSize(): number {
    return this.#parts.vocabulary.size;
  }

  encode(text: string, options: EncodeOptions = {}): Encoding {
    checkText(text, 'encode');
    checkFlags(options, ['add_special_tokens', 'special_tokens_in_text'], 'encode');
    const { add_special_tokens = true, special_tokens_in_text = this.#parts.specialsInText } = options;
    const out: Encoding = { ids: [], pieces: [], offsets: [] };
    if (add_special_tokens) this.#addTemplate(out, this.#parts.before);
    this.#parts.encodeInto(out, text, special_tokens_in_text);
    if (add_special_tokens) this.#addTemplate(out, this.#parts.after);
    return out;
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const stream = this.#stream('decode', options);
    let text = '';
    for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]);
    return text + stream.end();
  }

  stream(options: DecodeOptions = {}): StreamDecoder {
    return this.#stream('stream', options);
  }

  tokenize(text: string): string[] {
    return this.encode(text, { add_special_tokens: false }).pieces;
  }

  encode_batch(texts: readonly string[], options?: EncodeOptions): Encoding[] {
    return texts.map((text) => this.encode(text, options));
  }

  batch_decode(rows: readonly ArrayLike<number>[], options?: DecodeOptions): string[] {
    return rows.map((ids) => this.decode(ids, options));
  }

  pieceToId(piece: string): number | undefined {
    return this.#parts.vocabulary.ids.get(piece);
  }

  idToPiece(id: number): string {
    this.#parts.vocabulary.checkId(id, 'idToPiece');
    return this.#parts.vocabulary.pieceOf(id);
  }

  #stream(op: string, options: DecodeOptions): StreamDecoder {
    checkFlags(options, ['skip_special_tokens'], op);
    const { vocabulary, special } = this.#parts;
    let index = 0;
    return this.#parts.stream((id) => {
      vocabulary.checkId(id, op, index++);
      return options.skip_special_tokens === true && special.all.has(id) ? undefined : vocabulary.pieceOf(id);
    });
  }

  #addTemplate(out: Encoding, ids: readonly number[]): void {
    for (const id of ids) pushToken(out, id, this.#parts.vocabulary.pieceOf(id), 0, 0);
  }
}

export function pushToken(out: Encoding, id: number, piece: string, start: number, end: number): void {
  out.ids.push(id);
  out.pieces.push(piece);
  out.offsets.push([start, end]);
}

const utf8 = new TextEncoder();

/** What byte fallback writes in place of a piece: `<0xC3>`, `<0xA9>` for é. */
export function bytePieces(piece: string): string[] {
  return Array.from(utf8.encode(piece), (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
}
