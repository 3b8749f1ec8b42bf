/** Kinds `byte-level-bpe` and `sentencepiece-unigram`: texts to ids, pieces and offsets, and ids to text. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { AutoTokenizer } from '../../src/pretrained/tokenizers.ts';
import type { Encoding, Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { readGolden } from '../generate/goldens.ts';
import { unitOfCodePoint } from '../tokenizer/own.ts';
import type { Tally } from './compare.ts';
import type { GoldenFolder } from './walk.ts';

interface Decoded {
  readonly ids: number[];
  readonly decoded: string;
  readonly decoded_skip?: string;
}

/** What the tokenizers library says; offsets in code points. */
interface Vector extends Decoded {
  readonly text: string;
  readonly pieces: string[];
  readonly offsets: [number, number][];
  readonly ids_special_as_text?: number[];
}

/** What the sentencepiece library says; offsets in bytes. For T5 also what the tokenizers library says. */
interface PieceVector extends Decoded {
  readonly text: string;
  readonly pieces: string[];
  readonly byte_offsets: [number, number][];
  readonly hf?: Vector;
  readonly hf4_ids?: number[];
}

interface TokenizerGolden<V> {
  readonly vectors: V[];
  readonly decode: Decoded[];
  readonly decode_hf?: Decoded[];
}

type Files = Readonly<Record<string, string>>;

const data = '../shared/data';

/** Other people's files, which are no part of the goldens. */
const elsewhere: Readonly<Record<string, Files>> = {
  gpt2: { 'encoder.json': 'gpt2-tokenizer/encoder.json', 'vocab.bpe': 'gpt2-tokenizer/vocab.bpe' },
  t5: { 'spiece.model': 't5-tokenizer/spiece.model' },
  'sp-test-model': { 'spiece.model': 'sentencepiece-small/test_model.model' },
  'sp-test-ja-model': { 'spiece.model': 'sentencepiece-small/test_ja_model.model' },
};

export function byteLevelBpe(folder: GoldenFolder, tally: Tally): void {
  const { vectors, decode } = readGolden<TokenizerGolden<Vector>>(folder.path);
  for (const files of formsOf(
    folder,
    ['tokenizer.json'],
    ['vocab.json', 'merges.txt'],
    ['encoder.json', 'vocab.bpe'],
  )) {
    it(Object.keys(files).join(' + '), async () => {
      const tokenizer = await open(files);
      compareVectors(tally, tokenizer, vectors);
      for (const { text, ids, ids_special_as_text = ids } of vectors) {
        expect(tokenizer.encode(text, { special_tokens_in_text: false }).ids).toEqual(ids_special_as_text);
      }
      compareDecoded(tally, tokenizer, [...vectors, ...decode]);
    });
  }
}

export function sentencepiece(folder: GoldenFolder, tally: Tally): void {
  const { vectors, decode, decode_hf } = readGolden<TokenizerGolden<PieceVector>>(folder.path);
  for (const files of formsOf(folder, ['spiece.model'])) {
    it('spiece.model', async () => {
      const tokenizer = await open(files);
      for (const { text, ids, pieces, byte_offsets } of vectors) {
        const got = tokenizer.encode(text, { add_special_tokens: false, special_tokens_in_text: false });
        expect({ text, ...inBytes(got, text) }).toEqual({ text, ids, pieces, offsets: byte_offsets });
        tally.comparisons += ids.length;
      }
      compareDecoded(tally, tokenizer, [...vectors, ...decode]);
    });
  }
  const hf = vectors.flatMap((vector) => (vector.hf ? [{ ...vector.hf, text: vector.text }] : []));
  if (hf.length > 0) {
    it('tokenizer.json', async () => {
      const tokenizer = await open(localFiles(folder, ['tokenizer.json', 'tokenizer_config.json']));
      compareVectors(tally, tokenizer, hf);
      compareDecoded(tally, tokenizer, [...hf, ...(decode_hf ?? [])]);
    });
    it('tokenizer-v4.json, as older versions wrote it', async () => {
      const { 'tokenizer-v4.json': old, ...rest } = localFiles(folder, ['tokenizer-v4.json', 'tokenizer_config.json']);
      const tokenizer = await open({ ...rest, 'tokenizer.json': old });
      for (const { text, hf, hf4_ids = hf?.ids } of vectors) expect(tokenizer.encode(text).ids).toEqual(hf4_ids);
      tally.comparisons += vectors.length;
    });
  }
}

/** The ways the golden's tokenizer is stored: in its own folder, or among other people's data. None is a failed test. */
function formsOf(folder: GoldenFolder, ...forms: string[][]): Files[] {
  const own = forms.map((names) => localFiles(folder, names));
  const whole = own.filter((files, i) => Object.keys(files).length === forms[i].length);
  if (whole.length > 0) return whole;
  const lent = elsewhere[basename(folder.path)];
  if (lent === undefined) it('has a tokenizer', () => expect.fail(`${folder.path} has none of ${forms.join(' or ')}`));
  else if (!existsSync(data)) it.skip(`needs ${data}`);
  else return [Object.fromEntries(Object.entries(lent).map(([name, path]) => [name, join(data, path)]))];
  return [];
}

/** Those of the names that the golden's own folder has. */
function localFiles({ path }: GoldenFolder, names: string[]): Files {
  const paths = names.map((name) => [name, join(path, name)]);
  return Object.fromEntries(paths.filter(([, file]) => existsSync(file)));
}

function open(files: Files): Promise<Tokenizer> {
  const urls = Object.entries(files).map(([name, path]) => [name, pathToFileURL(path)]);
  return AutoTokenizer.from_pretrained(Object.fromEntries(urls));
}

function compareVectors(tally: Tally, tokenizer: Tokenizer, vectors: readonly Vector[]): void {
  for (const { text, ids, pieces, offsets } of vectors) {
    const unit = unitOfCodePoint(text);
    const got = tokenizer.encode(text);
    const surface = pieces.map((piece, i) => (ids[i] === tokenizer.special.unk ? got.pieces[i] : piece)); // told as <unk>
    const inUnits = offsets.map(([start, end]) => [unit[start], unit[end]]);
    expect({ text, ...got }).toEqual({ text, ids, pieces: surface, offsets: inUnits });
    tally.comparisons += ids.length;
  }
}

function compareDecoded(tally: Tally, tokenizer: Tokenizer, rows: readonly Decoded[]): void {
  for (const { ids, decoded, decoded_skip } of rows) {
    expect(tokenizer.decode(ids)).toBe(decoded);
    if (decoded_skip !== undefined) expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(decoded_skip);
  }
  tally.cases += rows.length;
  tally.comparisons += rows.length;
}

/** The same encoding, its offsets in UTF-8 bytes. */
function inBytes({ offsets, ...rest }: Encoding, text: string): Encoding {
  const bytes = (unit: number) => Buffer.byteLength(text.slice(0, unit));
  return { ...rest, offsets: offsets.map(([start, end]) => [bytes(start), bytes(end)]) };
}
