import { FormatError, show } from '../errors.ts';
import { BpeTokenizer } from './bpe.ts';
import { readJson, readText } from './json.ts';
import { type Merge, Merges } from './merges.ts';
import type { TokenizerRoles } from './roles.ts';
import { assignRoles, GPT2_ROLES, joinAdded } from './special.ts';
import { readVocab, withAdded } from './vocabulary.ts';

/** The two files of GPT-2's own tokenizer: `vocab.json` + `merges.txt`, or by their first names `encoder.json` + `vocab.bpe`. */
export interface VocabAndMerges {
  readonly vocab: Uint8Array;
  readonly merges: Uint8Array;
  /** Names for error messages. Default vocab.json and merges.txt. */
  readonly names?: readonly [vocab: string, merges: string];
}

/**
 * A byte-level BPE tokenizer from GPT-2's two files, as transformers' GPT2Tokenizer reads them.
 *
 * Errors    FormatError not JSON, not UTF-8, ids twice or with holes, a line that is not two pieces, a merge of or into
 *           an unknown piece, a role's literal without an id
 */
export function bpeFromVocabAndMerges(files: VocabAndMerges, roles?: TokenizerRoles): BpeTokenizer {
  const [vocabFile, mergesFile] = files.names ?? ['vocab.json', 'merges.txt'];
  const model = readVocab(readJson(files.vocab, vocabFile), vocabFile);
  const listed = joinAdded([], roles);
  const vocabulary = withAdded(model, listed, vocabFile);
  const lines = readMerges(readText(files.merges, mergesFile), mergesFile);
  const merges = new Merges(
    model,
    vocabulary.size,
    lines.map(({ merge }) => merge),
    (rank) => `${mergesFile} line ${lines[rank].line}`,
  );
  const { added, special } = assignRoles(listed, roles, vocabulary, GPT2_ROLES);
  const around = (wanted: boolean | undefined, id: number | undefined, name: string) => {
    if (!wanted) return [];
    if (id !== undefined) return [id];
    throw new FormatError(`"add_${name}_token" needs a "${name}_token"`, { where: "the tokenizer's config" });
  };
  return new BpeTokenizer({
    vocabulary,
    merges,
    added,
    special,
    before: around(roles?.addBos, special.bos, 'bos'),
    after: around(roles?.addEos, special.eos, 'eos'),
    addPrefixSpace: roles?.addPrefixSpace,
  });
}

/** Two pieces a line, best merge first; the first line may be a `#version`, empty lines may end the file. */
export function readMerges(text: string, file: string): { merge: Merge; line: number }[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  while (lines.at(-1) === '') lines.pop();
  return lines.flatMap((text, i) => {
    if (i === 0 && text.startsWith('#version')) return [];
    return [{ merge: readMerge(text, `${file} line ${i + 1}`), line: i + 1 }];
  });
}

/** `left right`: two pieces that are not empty, one space between. */
export function readMerge(text: string, where: string): Merge {
  const space = text.indexOf(' ');
  const left = text.slice(0, space);
  const right = text.slice(space + 1);
  if (space > 0 && right !== '' && !right.includes(' ')) return [left, right];
  throw new FormatError(`a merge must be two pieces with one space between, got ${show(text)}`, { where, got: text });
}
