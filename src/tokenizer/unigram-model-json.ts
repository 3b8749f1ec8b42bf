import { FormatError, show, TokenizerError } from '../errors.ts';
import { asArray, asBoolean, asId, asObject, asOneOf, asString, onlyKeys } from './json.ts';
import { endOf, type Normalized } from './normalized.ts';
import { PieceTrie } from './piece-trie.ts';
import type { Encoding } from './tokenizer.ts';
import { bytePieces, pushToken } from './unigram-tokenizer.ts';
import { segment, type UnigramModel } from './viterbi.ts';

const KEYS = ['type', 'unk_id', 'vocab', 'byte_fallback'];
const UNK_PENALTY = 10;
/** SentencePiece's own limit; it bounds the work per character. */
const LONGEST = 8000;

/** The `model` of a tokenizer.json. */
export interface JsonModel extends UnigramModel {
  readonly pieces: readonly string[];
  readonly ids: ReadonlyMap<string, number>;
  readonly byteFallback: boolean;
}

/** Errors    FormatError pieces twice, too long or without a finite score, unk_id out of range */
export function readUnigramModel(value: unknown, where: string): JsonModel {
  const part = asObject(value, where);
  onlyKeys(part, KEYS, where);
  asOneOf(part.type ?? 'Unigram', ['Unigram'], `${where}.type`);
  const ids = new Map<string, number>();
  const entries = asArray(part.vocab, `${where}.vocab`);
  const scores = new Float64Array(entries.length);
  let least = Number.POSITIVE_INFINITY;
  entries.forEach((entry, id) => {
    const place = `${where}.vocab[${id}]`;
    const [piece, score] = asArray(entry, place);
    const content = asString(piece, `${place}[0]`);
    if (content.length > LONGEST)
      throw new FormatError(`must have at most ${LONGEST} UTF-16 units, got ${content.length}`, { where: place });
    if (typeof score !== 'number' || !Number.isFinite(score))
      throw new FormatError(`must be a finite number, got ${show(score)} (${typeof score})`, { where: `${place}[1]` });
    if (ids.has(content))
      throw new FormatError(`${show(content)} must stand once, got it as ${ids.get(content)} too`, { where: place });
    ids.set(content, id);
    scores[id] = score;
    least = Math.min(least, score);
  });
  const unkId = part.unk_id === undefined || part.unk_id === null ? -1 : asId(part.unk_id, `${where}.unk_id`);
  if (unkId >= entries.length)
    throw new FormatError(`"unk_id" must be below ${entries.length}, got ${unkId}`, { where: `${where}.unk_id` });
  const byteFallback = asBoolean(part.byte_fallback ?? false, `${where}.byte_fallback`);
  const pieces = [...ids.keys()];
  return { pieces, ids, scores, unkId, byteFallback, unkScore: least - UNK_PENALTY, trie: new PieceTrie(pieces) };
}

/** One word to tokens: the best segmentation, neighbouring unknown characters as one, in bytes where the model has them. */
export function wordEncoder(model: JsonModel) {
  const { ids, unkId, byteFallback } = model;
  return (out: Encoding, text: string, { text: word, origin }: Normalized): void => {
    const found = segment(word, model);
    for (let i = 0, from = 0; i < found.ids.length; from = found.ends[i++]) {
      while (found.ids[i] === unkId && found.ids[i + 1] === unkId) i++;
      const end = found.ends[i];
      const piece = word.slice(from, end);
      const range = [origin[from], endOf(text, origin[end - 1])] as const;
      const id = ids.get(piece);
      const bytes = id === undefined && byteFallback ? bytePieces(piece) : [];
      if (id !== undefined) pushToken(out, id, piece, ...range);
      else if (bytes.length > 0 && bytes.every((byte) => ids.has(byte)))
        for (const byte of bytes) pushToken(out, ids.get(byte)!, byte, ...range);
      else if (unkId >= 0) pushToken(out, unkId, piece, ...range);
      else
        throw new TokenizerError(`the vocabulary has no piece for ${show(piece)} and no unknown piece`, {
          op: 'encode',
          got: piece,
        });
    }
  };
}
