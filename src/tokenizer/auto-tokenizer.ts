import { LoadError, OptionError, show } from '../errors.ts';
import { bpeFromTokenizerJson } from './bpe-json.ts';
import { asObject, asOneOf, readJson } from './json.ts';
import { readRoles, type TokenizerRoles } from './roles.ts';
import { spieceTokenizer } from './spiece.ts';
import type { Tokenizer } from './tokenizer.ts';
import { unigramFromTokenizerJson } from './unigram-json.ts';
import { bpeFromVocabAndMerges } from './vocab-merges.ts';

/** A folder, wherever it is: on disk, behind an address, picked by hand, in memory. */
export interface TokenizerFiles {
  has(name: string): Promise<boolean>;
  read(name: string): Promise<Uint8Array>;
}

export interface AutoTokenizerOptions {
  /** Which file decides where a folder has both. Default 'tokenizer.json'. */
  readonly prefer?: 'tokenizer.json' | 'spiece.model';
}

/** GPT-2's pairs of files, by their later and by their first names. */
const PAIRS = [
  ['vocab.json', 'merges.txt'],
  ['encoder.json', 'vocab.bpe'],
] as const;

/**
 * The tokenizer of a model folder, by the files it has: tokenizer.json, spiece.model, vocab.json + merges.txt,
 * encoder.json + vocab.bpe; the first there is. tokenizer_config.json, special_tokens_map.json and added_tokens.json give
 * the roles.
 *
 * Each file is read as the library that wrote it reads it, and for T5 the two libraries differ on rare text (literals of
 * special tokens, U+0085, stacked combining marks). tokenizer.json goes first because Hugging Face's AutoTokenizer takes
 * it too: one folder, the same ids. Models trained with SentencePiece itself may `prefer: 'spiece.model'`.
 *
 * Errors    LoadError none of the files is there · OptionError prefer · FormatError a file that is not what it should be
 */
async function fromFiles(files: TokenizerFiles, options: AutoTokenizerOptions = {}): Promise<Tokenizer> {
  const { prefer = 'tokenizer.json' } = options;
  if (prefer !== 'tokenizer.json' && prefer !== 'spiece.model')
    throw new OptionError(`option "prefer" must be 'tokenizer.json' or 'spiece.model', got ${show(prefer)}`, {
      op: 'AutoTokenizer',
      got: prefer,
    });
  const roles = await rolesOf(files);
  const single = ['tokenizer.json', 'spiece.model'].sort((a, b) => Number(b === prefer) - Number(a === prefer));
  for (const name of single) {
    if (!(await files.has(name))) continue;
    const bytes = await files.read(name);
    return name === 'spiece.model' ? spieceTokenizer(bytes, roles) : fromTokenizerJson(readJson(bytes, name), roles);
  }
  for (const names of PAIRS) {
    if (!(await files.has(names[0])) || !(await files.has(names[1]))) continue;
    const [vocab, merges] = await Promise.all(names.map((name) => files.read(name)));
    return bpeFromVocabAndMerges({ vocab, merges, names }, roles);
  }
  const looked = [...single, ...PAIRS.map((names) => names.join(' + '))];
  throw new LoadError(`no tokenizer file found; looked for ${looked.join(', ')}`, {
    op: 'AutoTokenizer',
    expected: looked,
  });
}

function fromTokenizerJson(json: unknown, roles: TokenizerRoles | undefined): Tokenizer {
  const where = 'tokenizer.json at model';
  const model = asObject(asObject(json, 'tokenizer.json').model, where);
  // Old files of the tokenizers library leave the type out.
  const type = model.type ?? (model.merges === undefined ? 'Unigram' : 'BPE');
  return asOneOf(type, ['BPE', 'Unigram'], `${where}.type`) === 'BPE'
    ? bpeFromTokenizerJson(json, roles)
    : unigramFromTokenizerJson(json, roles);
}

async function rolesOf(files: TokenizerFiles): Promise<TokenizerRoles | undefined> {
  const names = ['tokenizer_config', 'special_tokens_map', 'added_tokens'] as const;
  const found = await Promise.all(
    names.map(async (name) => {
      const file = `${name}.json`;
      return (await files.has(file)) ? [[name, readJson(await files.read(file), file)]] : [];
    }),
  );
  const entries = found.flat();
  return entries.length === 0 ? undefined : readRoles(Object.fromEntries(entries));
}

export const AutoTokenizer = { from_files: fromFiles };
