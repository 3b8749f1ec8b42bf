import { type AddedToken, AddedTokenFinder } from './added-tokens.ts';
import { ByteBpe } from './byte-bpe.ts';
import { type ByteTable, byteTable } from './bytes.ts';
import type { Merges } from './merges.ts';
import { ByteWalk, trimOffsets, unitsAt } from './offsets.ts';
import { checkFlags } from './options.ts';
import { byteStreamDecoder, decodeUtf8 } from './stream-decoder.ts';
import type { DecodeOptions, EncodeOptions, Encoding, StreamDecoder, Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';
import { checkText } from './well-formed.ts';
import { wordEnd } from './words.ts';

/** What a byte-level BPE tokenizer is made of; every reader ends here. */
export interface BpeParts {
  readonly vocabulary: Vocabulary;
  readonly merges: Merges;
  readonly added: readonly AddedToken[];
  readonly special: Tokenizer['special'];
  /** Ids that the template puts around every text. */
  readonly before?: readonly number[];
  readonly after?: readonly number[];
  /** Id for bytes that the vocabulary cannot spell; missing where it can spell all 256. */
  readonly unk?: number;
  /** Put a space in front of every stretch of text that has none. Default false. */
  readonly addPrefixSpace?: boolean;
  /** Cut into words by GPT-2's pattern; false: one word. Default true. */
  readonly cutWords?: boolean;
  /** A word that is a piece stays whole, whatever the merges say. Default false. */
  readonly wholeWords?: boolean;
  /** Leave white space out of the offsets; 'but-first' keeps it in the first token. Default no. */
  readonly trim?: 'all' | 'but-first';
}

/**
 * Byte-level byte-pair encoding as GPT-2 has it: added tokens are cut out of the text, the rest into words, each word's
 * UTF-8 bytes are merged by rank. `decode` joins the bytes of all ids; what is not UTF-8 becomes U+FFFD.
 *
 * Units     offsets in UTF-16 code units; a token that holds part of a character covers the whole character
 * Errors    TokenizerError a lone surrogate, an id out of range, a byte without a piece
 * Source    Radford et al. 2019 §2.2; behaviour of the tokenizers library 0.23
 */
export class BpeTokenizer implements Tokenizer {
  readonly kind = 'bpe';
  readonly special: Tokenizer['special'];
  readonly #parts: BpeParts;
  readonly #words: ByteBpe;
  readonly #table: ByteTable;
  /** First those looked for in the text as it is, then those looked for in normalised text (here the same). */
  readonly #finders: readonly AddedTokenFinder[];

  constructor(parts: BpeParts) {
    this.special = parts.special;
    this.#parts = parts;
    this.#words = new ByteBpe(parts.vocabulary.ids, parts.merges, parts.unk, parts.wholeWords ?? false);
    this.#table = byteTable(parts.vocabulary.pieces);
    this.#finders = [false, true]
      .map((normalized) => parts.added.filter((token) => token.normalized === normalized))
      .filter((tokens) => tokens.length > 0)
      .map((tokens) => new AddedTokenFinder(tokens));
  }

  get vocabSize(): number {
    return this.#parts.vocabulary.size;
  }

  encode(text: string, options: EncodeOptions = {}): Encoding {
    checkText(text, 'encode');
    checkFlags(options, ['add_special_tokens', 'special_tokens_in_text'], 'encode');
    const { add_special_tokens = true, special_tokens_in_text = true } = options;
    const { before = [], after = [], trim } = this.#parts;
    const out: Encoding = { ids: [], pieces: [], offsets: [] };
    this.#encodeFrom(0, text, 0, text.length, special_tokens_in_text, out);
    if (trim !== undefined) trimOffsets(text, out, trim === 'but-first');
    return add_special_tokens && before.length + after.length > 0 ? this.#surround(before, out, after) : out;
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const rangeOf = this.#rangeOf('decode', options);
    let size = 0;
    for (let i = 0; i < ids.length; i++) {
      const [start, end] = rangeOf(ids[i], i);
      size += end - start;
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (let i = 0; i < ids.length; i++) {
      const [start, end] = rangeOf(ids[i], i);
      for (let from = start; from < end; from++) bytes[at++] = this.#table.bytes[from];
    }
    return decodeUtf8(bytes);
  }

  stream(options: DecodeOptions = {}): StreamDecoder {
    const rangeOf = this.#rangeOf('stream', options);
    return byteStreamDecoder((id) => this.#table.bytes.subarray(...rangeOf(id)));
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
    return this.#parts.vocabulary.pieces[id];
  }

  /** Cuts text[start, end) at the tokens of finder `step`, and what remains at those of the next ones. */
  #encodeFrom(step: number, text: string, start: number, end: number, specials: boolean, out: Encoding): void {
    if (step === this.#finders.length) {
      if (start < end) this.#encodePlain(text, start, end, out);
      return;
    }
    for (const segment of this.#finders[step].split(text, start, end, (token) => specials || !token.special)) {
      if (segment.token === undefined) this.#encodeFrom(step + 1, text, segment.start, segment.end, specials, out);
      else {
        out.ids.push(segment.token.id);
        out.pieces.push(text.slice(segment.start, segment.end));
        out.offsets.push([segment.start, segment.end]);
      }
    }
  }

  #encodePlain(text: string, start: number, end: number, out: Encoding): void {
    const { addPrefixSpace = false, cutWords = true, unk, vocabulary } = this.#parts;
    const prefix = addPrefixSpace && text[start] !== ' ' ? 1 : 0;
    const part = prefix === 0 ? text.slice(start, end) : ` ${text.slice(start, end)}`;
    const shift = start - prefix;
    // The space put in front belongs to the first character.
    const firstEnd = prefix + unitsAt(part, prefix);
    const walk = new ByteWalk(part);
    for (let at = 0; at < part.length; ) {
      const stop = cutWords ? wordEnd(part, at) : part.length;
      const ids = this.#words.encode(part.slice(at, stop));
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i];
        const [from, to] = walk.take(this.#byteLength(id));
        const range: [number, number] = [shift + Math.max(from, prefix), shift + Math.max(to, firstEnd)];
        out.ids.push(id);
        out.pieces.push(id === unk ? text.slice(...range) : vocabulary.pieces[id]);
        out.offsets.push(range);
      }
      at = stop;
    }
  }

  #byteLength(id: number): number {
    return id === this.#parts.unk ? 1 : this.#table.starts[id + 1] - this.#table.starts[id];
  }

  /** Where the bytes of an id stand in the table; nothing for ids that are left out. */
  #rangeOf(op: string, options: DecodeOptions): (id: number, index?: number) => [start: number, end: number] {
    checkFlags(options, ['skip_special_tokens'], op);
    const { starts } = this.#table;
    return (id, index) => {
      this.#parts.vocabulary.checkId(id, op, index);
      const leftOut = options.skip_special_tokens === true && this.special.all.has(id);
      return [starts[id], leftOut ? starts[id] : starts[id + 1]];
    };
  }

  #surround(before: readonly number[], text: Encoding, after: readonly number[]): Encoding {
    const pieces = (ids: readonly number[]) => ids.map((id) => this.#parts.vocabulary.pieces[id]);
    const nowhere = (ids: readonly number[]) => ids.map((): [number, number] => [0, 0]);
    return {
      ids: [...before, ...text.ids, ...after],
      pieces: [...pieces(before), ...text.pieces, ...pieces(after)],
      offsets: [...nowhere(before), ...text.offsets, ...nowhere(after)],
    };
  }
}
