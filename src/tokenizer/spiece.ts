import { FormatError } from '../errors.ts';
import { type AddedToken, AddedTokenFinder } from './added-tokens.ts';
import { PieceTrie } from './piece-trie.ts';
import type { TokenizerRoles } from './roles.ts';
import { assignRoles } from './special.ts';
import { SpieceStream } from './spiece-decoder.ts';
import { PIECE, readSpieceModel, type SpieceModel } from './spiece-model.ts';
import { SpieceNormalizer } from './spiece-normalizer.ts';
import { SpieceVocabulary } from './spiece-vocabulary.ts';
import type { Encoding, Tokenizer } from './tokenizer.ts';
import { bytePieces, pushToken, UnigramTokenizer } from './unigram-tokenizer.ts';
import { segment, type UnigramModel } from './viterbi.ts';

const UNK_PENALTY = 10;
const FLOAT32_MAX = 3.4028234663852886e38;
/** More sentinels than any model has would only fill memory. */
const MOST_EXTRA_IDS = 100_000;

/**
 * A tokenizer from the bytes of a spiece.model: ids, pieces, offsets and text as the SentencePiece library has them.
 * Beyond the library: `</s>` is appended for models of T5's kind (no bos piece, or `extra_ids` in the config), and
 * `roles` may add tokens such as T5's sentinels `<extra_id_0>` …, the last id first. Literals of special tokens in
 * the text are text, unless `special_tokens_in_text` is true.
 *
 * Errors    FormatError a file that is broken or of another kind, roles that do not fit the vocabulary
 * Source    SentencePiece 0.2.3; sentinels: Raffel et al. 2020 §3.1.4
 */
export function spieceTokenizer(bytes: Uint8Array, roles?: TokenizerRoles): Tokenizer {
  const file = 'spiece.model';
  const model = readSpieceModel(bytes, file);
  const tokens = addedTokens(model, roles);
  const vocabulary = new SpieceVocabulary(model.pieces, tokens);
  const control = (name: string) => {
    const id = vocabulary.ids.get(name);
    return id !== undefined && vocabulary.pieceOf(id) === model.pieces[id] && model.types[id] === PIECE.control
      ? name
      : undefined;
  };
  const { bos, eos, pad } = model.names;
  const fallback = { bos: control(bos), eos: control(eos), pad: control(pad), unk: model.pieces[model.unkId] };
  const { added, special } = assignRoles(tokens, roles, vocabulary, fallback);
  const all = new Set(special.all);
  model.types.forEach((type, id) => {
    if (type === PIECE.control) all.add(id);
  });

  const isT5 = roles?.extraIds !== undefined || special.bos === undefined;
  const finder = new AddedTokenFinder(withControls(model, added));
  const encodePlain = plainEncoder(model, new SpieceNormalizer(model, file), vocabulary.ids);
  return new UnigramTokenizer({
    vocabulary,
    special: { ...special, all },
    before: roles?.addBos && special.bos !== undefined ? [special.bos] : [],
    after: (roles?.addEos ?? isT5) && special.eos !== undefined ? [special.eos] : [],
    specialsInText: false,
    encodeInto(out, text, specialsInText) {
      if (!specialsInText) return encodePlain(out, text, 0);
      for (const { start, end, token } of finder.split(text, 0, text.length, () => true)) {
        if (token === undefined) encodePlain(out, text.slice(start, end), start);
        else pushToken(out, token.id, token.content, start, end);
      }
    },
    stream: (pieceOf) => new SpieceStream(model, pieceOf),
  });
}

/** The tokens that roles add; `extra_ids` count down from the last id, unless the files list them. */
function addedTokens(model: SpieceModel, roles: TokenizerRoles | undefined): AddedToken[] {
  const listed = roles?.addedTokens ?? [];
  const count = roles?.extraIds ?? 0;
  if (count > MOST_EXTRA_IDS)
    throw new FormatError(`"extra_ids" must be at most ${MOST_EXTRA_IDS}, got ${count}`, {
      where: 'tokenizer_config.json at extra_ids',
      got: count,
    });
  const known = new Set([...model.pieces, ...listed.map(({ content }) => content)]);
  const sentinels = Array.from({ length: count }, (_, n) =>
    plain(`<extra_id_${n}>`, model.pieces.length + count - 1 - n),
  );
  return [...listed, ...sentinels.filter(({ content }) => !known.has(content))];
}

/** Control pieces are special literals too, also those that have no role. */
function withControls(model: SpieceModel, added: readonly AddedToken[]): AddedToken[] {
  const known = new Set(added.map(({ content }) => content));
  const controls = model.pieces.map((piece, id) => plain(piece, id));
  return [...added, ...controls.filter(({ content, id }) => model.types[id] === PIECE.control && !known.has(content))];
}

function plain(content: string, id: number): AddedToken {
  return { id, content, lstrip: false, rstrip: false, singleWord: false, normalized: false, special: true };
}

/** The library's `encode`: normalise, segment, merge neighbouring unknowns or spell them in bytes. */
function plainEncoder(model: SpieceModel, normalizer: SpieceNormalizer, idOf: ReadonlyMap<string, number>) {
  const { unkId, byteFallback } = model;
  const unigram = unigramOf(model);
  return (out: Encoding, text: string, shift: number): void => {
    const normalized = normalizer.normalize(text);
    const { ids, ends } = segment(normalized.text, unigram);
    let afterUnk = false;
    for (let i = 0, from = 0; i < ids.length; from = ends[i++]) {
      const piece = normalized.text.slice(from, ends[i]);
      const start = shift + normalized.origin[from];
      const end = shift + normalized.origin[ends[i]];
      const isUnk = ids[i] === unkId;
      if (isUnk && byteFallback) {
        const bytes = bytePieces(piece);
        bytes.forEach((byte, k) => {
          // The last byte stands for the character, as in the library.
          pushToken(out, idOf.get(byte)!, byte, start, k === bytes.length - 1 ? end : start);
        });
      } else if (isUnk && afterUnk) {
        out.pieces[out.pieces.length - 1] += piece;
        out.offsets[out.offsets.length - 1][1] = end;
      } else pushToken(out, ids[i], piece, start, end);
      afterUnk = isUnk;
    }
  };
}

/** Pieces that text can become, with their scores in float32. */
function unigramOf({ pieces, scores, types, unkId }: SpieceModel): UnigramModel {
  const utf8 = new TextEncoder();
  const ids: number[] = [];
  let least = FLOAT32_MAX;
  const own = scores.slice();
  types.forEach((type, id) => {
    if (type === PIECE.normal) least = Math.min(least, scores[id]);
    // User-defined pieces win: a bonus that grows with their length in bytes.
    if (type === PIECE.userDefined) own[id] = 0.1 * (utf8.encode(pieces[id]).length - 1);
    if (type === PIECE.normal || type === PIECE.userDefined) ids.push(id);
  });
  const trie = new PieceTrie(
    ids.map((id) => pieces[id]),
    ids,
  );
  return { trie, scores: own, unkScore: Math.fround(least - UNK_PENALTY), unkId };
}
