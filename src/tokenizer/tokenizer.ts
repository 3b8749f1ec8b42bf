/** One token of an encoding: what it is, how it looks, and which characters of the text it stands for. */
export interface Encoding {
  readonly ids: number[];
  /** The vocabulary's own spelling of each id (`Ġlower`, `▁the`); unknown ids show the surface text. */
  readonly pieces: string[];
  /** Half-open ranges [start, end) in UTF-16 code units of the text; [0, 0] for tokens a template added. */
  readonly offsets: [number, number][];
}

export interface EncodeOptions {
  /** Tokens the model's template adds (T5's `</s>`). Default true. */
  readonly add_special_tokens?: boolean;
  /** Recognise the literals of special tokens inside the text. Default true where the file format does. */
  readonly special_tokens_in_text?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens out of the text. Default false. */
  readonly skip_special_tokens?: boolean;
}

/** Takes ids one at a time and gives text that never splits a character; the pieces joined equal `decode(ids)`. */
export interface StreamDecoder {
  /** The text that is certain after this id; '' while a character is incomplete. */
  push(id: number): string;
  /** What is left; an incomplete character becomes U+FFFD as in `decode`. */
  end(): string;
}

/** Text to ids and back, exactly as the library that wrote the file does it. */
export interface Tokenizer {
  readonly kind: 'bpe' | 'unigram';
  readonly vocabSize: number;
  /** Ids by role, where the files name them. */
  readonly special: {
    readonly bos?: number;
    readonly eos?: number;
    readonly unk?: number;
    readonly pad?: number;
    /** Every id that `skip_special_tokens` leaves out. */
    readonly all: ReadonlySet<number>;
  };
  encode(text: string, options?: EncodeOptions): Encoding;
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** The pieces of a text: `encode(text, { add_special_tokens: false }).pieces`. */
  tokenize(text: string): string[];
  encode_batch(texts: readonly string[], options?: EncodeOptions): Encoding[];
  batch_decode(rows: readonly ArrayLike<number>[], options?: DecodeOptions): string[];
  stream(options?: DecodeOptions): StreamDecoder;
  /** The id of a piece, or undefined. */
  pieceToId(piece: string): number | undefined;
  /** The piece of an id; ids outside [0, vocabSize) are a TokenizerError. */
  idToPiece(id: number): string;
}
