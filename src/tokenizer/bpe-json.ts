import { FormatError, show } from '../errors.ts';
import { readAddedToken } from './added-tokens.ts';
import { BpeTokenizer } from './bpe.ts';
import { byteToChar } from './bytes.ts';
import { asArray, asBoolean, asObject, asOneOf, asString, type JsonObject, onlyKeys } from './json.ts';
import { type Merge, Merges } from './merges.ts';
import type { TokenizerRoles } from './roles.ts';
import { assignRoles, GPT2_ROLES, joinAdded } from './special.ts';
import { readTemplate, type Template } from './template.ts';
import { readMerge } from './vocab-merges.ts';
import { readVocab, withAdded } from './vocabulary.ts';

const FILE = 'tokenizer.json';

/**
 * A byte-level BPE tokenizer from the parsed tokenizer.json of the tokenizers library. The file's own template decides
 * what surrounds a text; of `roles` come the ids by role, further special tokens and `add_prefix_space`. `truncation` and
 * `padding` are left to the caller, as in transformers.
 *
 * Errors    FormatError a part of the wrong type, a component or setting that is not known here (it would change the
 *           ids), ids twice or with holes, a merge of or into an unknown piece, a role's literal without an id
 */
export function bpeFromTokenizerJson(json: unknown, roles?: TokenizerRoles): BpeTokenizer {
  const file = asObject(json, FILE);
  onlyKeys(file, TOP_KEYS, FILE);
  asOneOf(file.version ?? '1.0', ['1.0'], `${FILE} at version`);
  mustBeNull(file, 'normalizer');
  const model = asObject(file.model, `${FILE} at model`);
  const { addPrefixSpace, cutWords } = readPreTokenizer(file.pre_tokenizer);
  asOneOf(asObject(file.decoder, `${FILE} at decoder`).type, ['ByteLevel'], `${FILE} at decoder.type`);

  const ids = readVocab(model.vocab, `${FILE} at model.vocab`);
  const entries = file.added_tokens ?? [];
  const listed = asArray(entries, `${FILE} at added_tokens`).map((entry, i) => {
    const where = `${FILE} at added_tokens[${i}]`;
    return readAddedToken(entry, asObject(entry, where).id, where);
  });
  const tokens = joinAdded(listed, roles);
  const vocabulary = withAdded(ids, tokens, FILE);
  const { added, special } = assignRoles(tokens, roles, vocabulary, GPT2_ROLES);
  const post = readPostProcessor(file.post_processor, vocabulary.size);
  return new BpeTokenizer({
    vocabulary,
    merges: new Merges(
      ids,
      vocabulary.size,
      readJsonMerges(model.merges),
      (rank) => `${FILE} at model.merges[${rank}]`,
    ),
    added,
    special,
    ...post,
    ...readModelSettings(model, ids),
    addPrefixSpace: roles?.addPrefixSpace ?? addPrefixSpace,
    cutWords,
  });
}

const TOP_KEYS = [
  ...['version', 'truncation', 'padding', 'added_tokens', 'normalizer'],
  ...['pre_tokenizer', 'post_processor', 'decoder', 'model'],
];
const MODEL_KEYS = [
  ...['type', 'dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix'],
  ...['fuse_unk', 'byte_fallback', 'ignore_merges', 'vocab', 'merges'],
];
const BYTE_LEVEL_KEYS = ['type', 'add_prefix_space', 'trim_offsets', 'use_regex'];

function mustBeNull(file: JsonObject, name: string): void {
  const value = file[name];
  if (value === undefined || value === null) return;
  throw new FormatError(`"${name}" must be null for byte-level BPE, got ${show(value)}`, {
    where: `${FILE} at ${name}`,
    got: value,
    hint: 'it would change ids or lengths, so it is not ignored',
  });
}

function readPreTokenizer(value: unknown): { addPrefixSpace: boolean; cutWords: boolean } {
  const where = `${FILE} at pre_tokenizer`;
  const part = asObject(value, where);
  asOneOf(part.type, ['ByteLevel'], `${where}.type`);
  onlyKeys(part, BYTE_LEVEL_KEYS, where);
  return {
    addPrefixSpace: asBoolean(part.add_prefix_space, `${where}.add_prefix_space`),
    cutWords: asBoolean(part.use_regex ?? true, `${where}.use_regex`),
  };
}

type PostProcessor = Partial<Template> & { readonly trim?: 'all' | 'but-first' };

function readPostProcessor(value: unknown, vocabSize: number): PostProcessor {
  if (value === undefined || value === null) return {};
  const where = `${FILE} at post_processor`;
  const part = asObject(value, where);
  if (asOneOf(part.type, ['ByteLevel', 'TemplateProcessing'], `${where}.type`) === 'ByteLevel') {
    onlyKeys(part, BYTE_LEVEL_KEYS, where);
    const keepFirst = asBoolean(part.add_prefix_space, `${where}.add_prefix_space`);
    if (!asBoolean(part.trim_offsets, `${where}.trim_offsets`)) return {};
    return { trim: keepFirst ? 'but-first' : 'all' };
  }
  const template = readTemplate(part, where);
  const outside = [...template.before, ...template.after].find((id) => id >= vocabSize);
  if (outside === undefined) return template;
  throw new FormatError(`template ids must be below ${vocabSize}, got ${outside}`, { where, got: outside });
}

/** Merges are pairs, or (older files) strings with a space. */
function readJsonMerges(value: unknown): Merge[] {
  return asArray(value, `${FILE} at model.merges`).map((entry, i) => {
    const where = `${FILE} at model.merges[${i}]`;
    if (typeof entry === 'string') return readMerge(asString(entry, where), where);
    const pair = asArray(entry, where).map((piece) => asString(piece, where));
    if (pair.length !== 2)
      throw new FormatError(`a merge must be two pieces, got ${pair.length}`, { where, got: pair.length });
    return [pair[0], pair[1]];
  });
}

/** Everything in the model beside vocabulary and merges; settings that byte-level BPE has no use for must be off. */
function readModelSettings(model: JsonObject, ids: ReadonlyMap<string, number>): { unk?: number; wholeWords: boolean } {
  onlyKeys(model, MODEL_KEYS, `${FILE} at model`);
  asOneOf(model.type ?? 'BPE', ['BPE'], `${FILE} at model.type`);
  for (const name of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix', 'fuse_unk', 'byte_fallback']) {
    const value = model[name];
    if (value === undefined || value === null || value === false || value === '' || value === 0) continue;
    throw new FormatError(`"${name}" must be off for byte-level BPE, got ${show(value)}`, {
      where: `${FILE} at model.${name}`,
      got: value,
    });
  }
  const where = `${FILE} at model.unk_token`;
  const unk = model.unk_token ? asString(model.unk_token, where) : undefined;
  const spellsAll = byteToChar.every((char) => ids.has(char));
  if (unk !== undefined && !ids.has(unk))
    throw new FormatError(`${show(unk)} is not in the vocabulary`, { where, got: unk });
  return {
    unk: unk === undefined || spellsAll ? undefined : ids.get(unk),
    wholeWords: asBoolean(model.ignore_merges ?? false, `${FILE} at model.ignore_merges`),
  };
}
