import { FormatError, TokenizerError } from '../errors.ts';
import { type AddedToken, AddedTokenFinder, readAddedToken } from './added-tokens.ts';
import { asArray, asObject, asOneOf, onlyKeys } from './json.ts';
import { metaspaceStream } from './metaspace-stream.ts';
import { endOf, type Normalized, sliceOf, unchanged } from './normalized.ts';
import { readNormalizer } from './normalizer-json.ts';
import { type Metaspace, readMetaspace, readPreTokenizer } from './pre-tokenizers.ts';
import type { TokenizerRoles } from './roles.ts';
import { assignRoles, joinAdded } from './special.ts';
import { readTemplate, type Template } from './template.ts';
import type { Tokenizer } from './tokenizer.ts';
import { readUnigramModel, wordEncoder } from './unigram-model-json.ts';
import { pushToken, UnigramTokenizer } from './unigram-tokenizer.ts';
import { withAdded } from './vocabulary.ts';

const FILE = 'tokenizer.json';
const TOP_KEYS = [
  ...['version', 'truncation', 'padding', 'added_tokens', 'normalizer'],
  ...['pre_tokenizer', 'post_processor', 'decoder', 'model'],
];
/** Rules may lengthen a text; no honest ones do it more than this. */
const MOST_GROWTH = 40;

/**
 * A unigram tokenizer from the parsed tokenizer.json of the tokenizers library: ids, offsets and text as the library
 * has them, which on rare strings is not what SentencePiece has. `truncation` and `padding` are left to the caller, as
 * in transformers. Of `roles` come the ids by role and further special tokens.
 *
 * Errors    FormatError a part of the wrong type, a component or setting that is not known here, pieces twice or
 *           without a score, a role's literal without an id
 * Source    Kudo 2018; behaviour of the tokenizers library 0.23
 */
export function unigramFromTokenizerJson(json: unknown, roles?: TokenizerRoles): Tokenizer {
  const file = asObject(json, FILE);
  onlyKeys(file, TOP_KEYS, FILE);
  const model = readUnigramModel(file.model, `${FILE} at model`);
  const normalize = readNormalizer(file.normalizer, `${FILE} at normalizer`);
  const cuts = readPreTokenizer(file.pre_tokenizer, `${FILE} at pre_tokenizer`);
  const decoder = readDecoder(file.decoder);
  const template = readPostProcessor(file.post_processor);

  const listed = joinAdded(readAdded(file.added_tokens), roles);
  const vocabulary = withAdded(model.ids, listed, FILE);
  const usual = (content: string) => (listed.some((token) => token.content === content) ? content : undefined);
  const { added, special } = assignRoles(listed, roles, vocabulary, {
    bos: usual('<s>'),
    eos: usual('</s>'),
    pad: usual('<pad>'),
    unk: model.unkId < 0 ? undefined : usual(model.pieces[model.unkId]),
  });
  const outside = [...template.before, ...template.after].find((id) => id >= vocabulary.size);
  if (outside !== undefined)
    throw new FormatError(`the template's ids must be below ${vocabulary.size}, got ${outside}`, {
      where: `${FILE} at post_processor`,
      got: outside,
    });

  const normalized = (from: Normalized) =>
    normalize.reduce((text, step) => {
      const next = step(text);
      if (next.text.length <= MOST_GROWTH * from.text.length) return next;
      throw new TokenizerError(`the normalizer makes ${from.text.length} UTF-16 units ${next.text.length}`, {
        op: 'encode',
        hint: `rules that lengthen a text more than ${MOST_GROWTH} times are refused`,
      });
    }, from);
  const spelled = new Map(
    added
      .filter((token) => token.normalized)
      .map((token) => [token.id, normalized(unchanged(token.content, 0, token.content.length)).text]),
  );
  const asWritten = new AddedTokenFinder(added.filter((token) => !token.normalized));
  const asNormalized = new AddedTokenFinder(
    added
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: spelled.get(token.id) ?? token.content })),
  );
  const encodeWord = wordEncoder(model);

  return new UnigramTokenizer({
    vocabulary: Object.assign(vocabulary, { pieceOf: (id: number) => vocabulary.pieces[id] }),
    special: { ...special, unk: special.unk ?? (model.unkId < 0 ? undefined : model.unkId) },
    ...template,
    specialsInText: true,
    encodeInto(out, text, specialsInText) {
      const wanted = (token: AddedToken) => specialsInText || !token.special;
      const add = ({ id }: AddedToken, start: number, end: number) =>
        pushToken(out, id, vocabulary.pieces[id], start, end);
      for (const outer of asWritten.split(text, 0, text.length, wanted)) {
        if (outer.token !== undefined) {
          add(outer.token, outer.start, outer.end);
          continue;
        }
        const part = normalized(unchanged(text, outer.start, outer.end));
        for (const { start, end, token } of asNormalized.split(part.text, 0, part.text.length, wanted)) {
          if (token === undefined) {
            const words = cuts.reduce((all, cut) => all.flatMap(cut), [sliceOf(part, start, end)]);
            for (const word of words) encodeWord(out, text, word);
          } else add(token, part.origin[start], endOf(text, part.origin[end - 1]));
        }
      }
    },
    stream: (pieceOf) => metaspaceStream(decoder, (id) => pieceOf(id) && (spelled.get(id) ?? pieceOf(id))),
  });
}

function readAdded(value: unknown): AddedToken[] {
  return asArray(value ?? [], `${FILE} at added_tokens`).map((entry, i) => {
    const where = `${FILE} at added_tokens[${i}]`;
    return readAddedToken(entry, asObject(entry, where).id, where);
  });
}

function readPostProcessor(value: unknown): Template {
  if (value === undefined || value === null) return { before: [], after: [] };
  const where = `${FILE} at post_processor`;
  const part = asObject(value, where);
  asOneOf(part.type, ['TemplateProcessing'], `${where}.type`);
  return readTemplate(part, where);
}

function readDecoder(value: unknown): Metaspace {
  const where = `${FILE} at decoder`;
  const part = asObject(value, where);
  asOneOf(part.type, ['Metaspace'], `${where}.type`);
  return readMetaspace(part, where);
}
