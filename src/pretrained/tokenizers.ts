import { openFiles } from '#open-files';
import type { ModelFiles } from '../hub/files.ts';
import type { OpenOptions, Where } from '../hub/open-files.ts';
import type { AutoTokenizerOptions, TokenizerFiles } from '../tokenizer/auto-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/**
 * The readers of tokenizer files, fetched when the first text comes: they are a third of the engine, and a program that
 * works on ids needs none of them.
 */
async function fromFiles(files: TokenizerFiles, options?: AutoTokenizerOptions): Promise<Tokenizer> {
  const { AutoTokenizer } = await import('../tokenizer/auto-tokenizer.ts');
  return AutoTokenizer.from_files(files, options);
}

/** The tokenizer of a model folder, whichever files it has. */
export const AutoTokenizer = {
  /** From a folder, an id, an address or files. Errors as those of reading them. */
  async from_pretrained(where: Where, options: OpenOptions & AutoTokenizerOptions = {}): Promise<Tokenizer> {
    const { prefer, ...openOptions } = options;
    const files = await openFiles(where, openOptions);
    try {
      return await fromFiles(files, { prefer });
    } finally {
      await files.close();
    }
  },
  /** From files that are open. */
  from_files: fromFiles,
};

const tokenizerFiles = ['tokenizer.json', 'spiece.model', 'vocab.json', 'encoder.json'];

/** The tokenizer of a model's folder, or undefined where it has none. */
export async function tokenizerOf(files: ModelFiles): Promise<Tokenizer | undefined> {
  for (const name of tokenizerFiles) if (await files.has(name)) return fromFiles(files);
  return undefined;
}
