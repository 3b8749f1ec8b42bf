import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FormatError, LoadError, OptionError } from '../../src/errors.ts';
import { AutoTokenizer, type TokenizerFiles } from '../../src/tokenizer/auto-tokenizer.ts';
import { own, ownFile } from './own.ts';

/** A folder in memory that notes what was read. */
function folder(files: Record<string, string | Uint8Array>): TokenizerFiles & { log: string[] } {
  const log: string[] = [];
  return {
    log,
    has: async (name) => Object.hasOwn(files, name),
    read: async (name) => {
      log.push(name);
      const content = files[name];
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
  };
}

const vocab = ownFile('vocab.json');
const merges = ownFile('merges.txt');

describe('AutoTokenizer.from_files', () => {
  it.each([
    ['tokenizer.json', { 'tokenizer.json': ownFile('tokenizer.json'), 'vocab.json': '[]', 'merges.txt': '' }],
    ['vocab.json,merges.txt', { 'vocab.json': vocab, 'merges.txt': merges, 'encoder.json': '[]', 'vocab.bpe': '' }],
    ['encoder.json,vocab.bpe', { 'encoder.json': vocab, 'vocab.bpe': merges, 'vocab.json': '[]' }],
  ])('takes %s where there is nothing better', async (names, files) => {
    const from = folder(files);
    const tokenizer = await AutoTokenizer.from_files(from);
    expect(from.log.join()).toBe(names);
    expect(tokenizer.encode("the runner's baton")).toEqual(own.encode("the runner's baton"));
  });

  it('takes roles from the files beside it', async () => {
    const files = folder({
      'tokenizer.json': ownFile('tokenizer.json'),
      'tokenizer_config.json': '{"add_prefix_space":true,"eos_token":"The"}',
      'special_tokens_map.json': '{"eos_token":"x","pad_token":"<|endoftext|>"}',
    });
    const { special } = await AutoTokenizer.from_files(files);
    expect(special).toMatchObject({ eos: own.pieceToId('The'), pad: 0 });
  });

  it('prefers tokenizer.json over spiece.model, or the other way where asked', async () => {
    const both = folder({ 'tokenizer.json': ownFile('tokenizer.json'), 'spiece.model': '?' });
    expect((await AutoTokenizer.from_files(both)).kind).toBe('bpe');
    await expect(AutoTokenizer.from_files(both, { prefer: 'spiece.model' })).rejects.toThrow(FormatError);
    expect(both.log.at(-1)).toBe('spiece.model');
  });

  it('tells what it looked for', async () => {
    const found = AutoTokenizer.from_files(folder({ 'vocab.json': '{}' }));
    await expect(found).rejects.toThrow(LoadError);
    await expect(found).rejects.toThrow(
      'AutoTokenizer: no tokenizer file found; looked for tokenizer.json, spiece.model, vocab.json + merges.txt, encoder.json + vocab.bpe',
    );
  });

  it('refuses a model it does not know, JSON that is none, and another preference', async () => {
    const wordPiece = folder({ 'tokenizer.json': '{"model":{"type":"WordPiece"}}' });
    await expect(AutoTokenizer.from_files(wordPiece)).rejects.toThrow(
      '"WordPiece" is not known here; known: BPE, Unigram',
    );
    await expect(AutoTokenizer.from_files(folder({ 'tokenizer.json': '{' }))).rejects.toThrow(FormatError);
    const options = JSON.parse('{"prefer":"vocab.json"}');
    await expect(AutoTokenizer.from_files(folder({}), options)).rejects.toThrow(OptionError);
  });
});

const shared = new URL('../../../shared/', import.meta.url);
const present = existsSync(new URL('goldens/tokenizers/t5', shared));

describe.skipIf(!present)(
  `AutoTokenizer.from_files, T5's two files${present ? '' : ' (skipped: no ../shared)'}`,
  () => {
    it('gives the ids of the file that decides, also where the two differ', async () => {
      const file = (path: string) => readFileSync(new URL(path, shared));
      const files = folder({
        'tokenizer.json': file('goldens/tokenizers/t5/tokenizer.json'),
        'spiece.model': file('data/t5-tokenizer/spiece.model'),
      });
      const { vectors, hf_differs_from_sentencepiece: differ } = JSON.parse(
        file('goldens/tokenizers/t5/golden.json').toString(),
      );
      const byJson = await AutoTokenizer.from_files(files);
      const bySpiece = await AutoTokenizer.from_files(files, { prefer: 'spiece.model' });
      expect(differ.length).toBeGreaterThan(0);
      for (const { text, ids, hf } of differ.map((i: number) => vectors[i])) {
        expect(byJson.encode(text).ids).toEqual(hf.ids);
        expect(bySpiece.encode(text).ids).toEqual([...ids, 1]);
      }
    });
  },
);
