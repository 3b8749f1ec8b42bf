import { show } from '../errors.ts';
import { type ProtoField, ProtoReader } from './protobuf.ts';

/** What a piece is, by the numbers of the file. */
export const PIECE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
const KINDS = ['?', 'normal', 'unknown', 'control', 'user-defined', 'unused', 'byte'];
const MODELS = ['?', 'unigram', 'BPE', 'word', 'char'];
/** SentencePiece's own limit; it bounds the work per character. */
const LONGEST = 8000;

/** The parts of a spiece.model that decide how text is read and written. */
export interface SpieceModel {
  readonly pieces: readonly string[];
  readonly scores: Float32Array;
  readonly types: Uint8Array;
  /** The id of the unknown piece; −1: none, bytes stand in. */
  readonly unkId: number;
  /** The usual spelling of each role; a role counts only where a control piece is spelled so. */
  readonly names: { readonly bos: string; readonly eos: string; readonly pad: string };
  readonly unkSurface: string;
  readonly byteFallback: boolean;
  readonly whitespaceAsSuffix: boolean;
  readonly charsmap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
}

/** While reading: the file may repeat a part, the last value of a field counts. */
interface Draft {
  pieces: string[];
  scores: number[];
  types: number[];
  spec: { bos: string; eos: string; pad: string; unkSurface: string; byteFallback: boolean; suffix: boolean };
  norm: { charsmap: Uint8Array; prefix: boolean; remove: boolean; escape: boolean };
}

/**
 * Reads a SentencePiece model file (a protocol buffer) of the unigram kind.
 *
 * Errors    FormatError with the byte offset: broken wire format, another kind of model, a denormaliser, a piece that
 *           is empty, too long, listed twice or without a finite score, no unknown piece, incomplete byte pieces
 * Source    sentencepiece_model.proto of SentencePiece 0.2.3
 */
export function readSpieceModel(bytes: Uint8Array, file = 'spiece.model'): SpieceModel {
  const reader = new ProtoReader(bytes, file);
  const draft: Draft = {
    pieces: [],
    scores: [],
    types: [],
    spec: { bos: '<s>', eos: '</s>', pad: '<pad>', unkSurface: ' ⁇ ', byteFallback: false, suffix: false },
    norm: { charsmap: new Uint8Array(0), prefix: true, remove: true, escape: true },
  };
  const places: number[] = [];
  for (const field of reader.fields()) {
    if (field.number === 1) {
      places.push(field.start);
      readPiece(reader, field, draft);
    } else if (field.number === 2) readTrainerSpec(reader, field, draft);
    else if (field.number === 3) readNormalizerSpec(reader, field, draft);
    else if (field.number === 5) refuseDenormalizer(reader, field);
  }
  const unkId = checkPieces(reader, draft, places);
  const { pieces, scores, types, spec, norm } = draft;
  return {
    pieces,
    scores: Float32Array.from(scores),
    types: Uint8Array.from(types),
    unkId,
    names: { bos: spec.bos, eos: spec.eos, pad: spec.pad },
    unkSurface: spec.unkSurface,
    byteFallback: spec.byteFallback,
    whitespaceAsSuffix: spec.suffix,
    charsmap: norm.charsmap,
    addDummyPrefix: norm.prefix,
    removeExtraWhitespaces: norm.remove,
    escapeWhitespaces: norm.escape,
  };
}

function readPiece(reader: ProtoReader, piece: ProtoField, { pieces, scores, types }: Draft): void {
  let text = '';
  let score = 0;
  let type: number = PIECE.normal;
  for (const field of reader.message(piece, 'pieces')) {
    if (field.number === 1) text = reader.text(field, 'piece');
    else if (field.number === 2) score = reader.float(field, 'score');
    else if (field.number === 3) type = reader.int32(field, 'type');
  }
  const name = `piece ${pieces.length} (${show(text)})`;
  const length = piece.end - piece.start;
  if (text === '') throw reader.error(`piece ${pieces.length} must not be empty`, piece.start);
  if (length > LONGEST) throw reader.error(`${name} must have fewer than ${LONGEST} bytes, got ${length}`, piece.start);
  if (!Number.isFinite(score)) throw reader.error(`${name} must have a finite score, got ${score}`, piece.start);
  if (!(type >= PIECE.normal && type <= PIECE.byte))
    throw reader.error(`${name} must be of type 1 to 6 (${KINDS.slice(1).join(', ')}), got ${type}`, piece.start);
  pieces.push(text);
  scores.push(score);
  types.push(type);
}

function readTrainerSpec(reader: ProtoReader, spec: ProtoField, draft: Draft): void {
  for (const field of reader.message(spec, 'trainer_spec')) {
    if (field.number === 3) {
      const type = reader.int32(field, 'model_type');
      if (type !== 1)
        throw reader.error(`"model_type" must be 1 (unigram), got ${type} (${MODELS[type] ?? 'unknown'})`, field.start);
    } else if (field.number === 24) draft.spec.suffix = reader.bool(field, 'treat_whitespace_as_suffix');
    else if (field.number === 35) draft.spec.byteFallback = reader.bool(field, 'byte_fallback');
    else if (field.number === 44) draft.spec.unkSurface = reader.text(field, 'unk_surface');
    else if (field.number === 46) draft.spec.bos = reader.text(field, 'bos_piece') || '<s>';
    else if (field.number === 47) draft.spec.eos = reader.text(field, 'eos_piece') || '</s>';
    else if (field.number === 48) draft.spec.pad = reader.text(field, 'pad_piece') || '<pad>';
  }
}

function readNormalizerSpec(reader: ProtoReader, spec: ProtoField, draft: Draft): void {
  for (const field of reader.message(spec, 'normalizer_spec')) {
    if (field.number === 2) draft.norm.charsmap = reader.data(field, 'precompiled_charsmap');
    else if (field.number === 3) draft.norm.prefix = reader.bool(field, 'add_dummy_prefix');
    else if (field.number === 4) draft.norm.remove = reader.bool(field, 'remove_extra_whitespaces');
    else if (field.number === 5) draft.norm.escape = reader.bool(field, 'escape_whitespaces');
  }
}

function refuseDenormalizer(reader: ProtoReader, spec: ProtoField): void {
  for (const field of reader.message(spec, 'denormalizer_spec'))
    if (field.number === 2 && reader.data(field, 'precompiled_charsmap').length > 0)
      throw reader.error('"denormalizer_spec" must be absent: rules for decoding are not offered here', spec.start);
}

/** The rules that need all pieces; gives the id of the unknown piece. */
function checkPieces(reader: ProtoReader, { pieces, types, spec }: Draft, places: readonly number[]): number {
  const seen = new Map<string, number>();
  const bytes = new Set<string>();
  let unkId = -1;
  pieces.forEach((piece, id) => {
    const name = `piece ${id} (${show(piece)})`;
    const twin = seen.get(piece);
    if (twin !== undefined) throw reader.error(`${name} must stand once, got it as ${twin} too`, places[id]);
    seen.set(piece, id);
    // Some converters add U+0000 beside the byte pieces; SentencePiece then leaves it out, and so do we.
    if (piece === '\0' && spec.byteFallback) types[id] = PIECE.unused;
    else if (piece.includes('\0')) throw reader.error(`${name} must not hold U+0000`, places[id]);
    if (types[id] === PIECE.unknown) {
      if (unkId >= 0) throw reader.error(`${name} must be the only unknown piece, got ${unkId} too`, places[id]);
      unkId = id;
    }
    if (types[id] !== PIECE.byte) return;
    if (!spec.byteFallback) throw reader.error(`${name} is a byte piece, but "byte_fallback" is false`, places[id]);
    if (!/^<0x[0-9A-F]{2}>$/.test(piece)) throw reader.error(`${name} must be spelled <0x00> to <0xFF>`, places[id]);
    bytes.add(piece);
  });
  if (pieces.length === 0) throw reader.error('the model must have pieces, got 0', 0);
  if (spec.byteFallback && bytes.size !== 256)
    throw reader.error(`with "byte_fallback" there must be 256 byte pieces, got ${bytes.size}`, 0);
  if (unkId < 0 && !spec.byteFallback) throw reader.error('one piece must be of the type unknown, got none', 0);
  return unkId;
}
