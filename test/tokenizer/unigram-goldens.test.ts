/** Every unigram vector of ../shared, where that folder is there. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readRoles } from '../../src/tokenizer/roles.ts';
import { spieceTokenizer } from '../../src/tokenizer/spiece.ts';
import { readSpieceModel } from '../../src/tokenizer/spiece-model.ts';
import { SpieceNormalizer } from '../../src/tokenizer/spiece-normalizer.ts';
import { unigramFromTokenizerJson } from '../../src/tokenizer/unigram-json.ts';
import { unitOfCodePoint } from './own.ts';

const shared = new URL('../../../shared/', import.meta.url);
const present = existsSync(new URL('goldens/tokenizers', shared));
const reason = present ? '' : ' (skipped: no ../shared)';
const file = (path: string) => new Uint8Array(readFileSync(new URL(path, shared)));
const json = (path: string) => JSON.parse(readFileSync(new URL(path, shared), 'utf8'));

interface Hf {
  ids: number[];
  pieces: string[];
  offsets: [number, number][];
  decoded: string;
  decoded_skip: string;
}
interface Vector {
  text: string;
  ids: number[];
  pieces: string[];
  normalized: string;
  byte_offsets: [number, number][];
  decoded: string;
  hf: Hf;
  hf4_ids?: number[];
}
interface Golden {
  pieces: number;
  vectors: Vector[];
  decode: { ids: number[]; decoded: string }[];
  decode_hf: { ids: number[]; decoded: string; decoded_skip: string }[];
}

/** UTF-16 index by UTF-8 byte. */
function unitOfByte(text: string): Map<number, number> {
  const units = new Map([[0, 0]]);
  let byte = 0;
  let unit = 0;
  for (const character of text) {
    byte += Buffer.byteLength(character);
    unit += character.length;
    units.set(byte, unit);
  }
  return units;
}

describe.skipIf(!present).each([
  ['t5', 'data/t5-tokenizer/spiece.model'],
  ['unigram600', 'goldens/tokenizers/unigram600/spiece.model'],
  ['unigram600-bytes', 'goldens/tokenizers/unigram600-bytes/spiece.model'],
  ['sp-test-model', 'data/sentencepiece-small/test_model.model'],
  ['sp-test-ja-model', 'data/sentencepiece-small/test_ja_model.model'],
])(`spiece.model of %s${reason}`, (folder, path) => {
  it('every vector and every decode', () => {
    const golden: Golden = json(`goldens/tokenizers/${folder}/golden.json`);
    const tokenizer = spieceTokenizer(file(path));
    const normalizer = new SpieceNormalizer(readSpieceModel(file(path)), path);
    expect(tokenizer.vocabSize).toBe(golden.pieces);
    for (const { text, ids, pieces, normalized, byte_offsets, decoded } of golden.vectors) {
      const unit = unitOfByte(text);
      const offsets = byte_offsets.map(([start, end]) => [unit.get(start), unit.get(end)]);
      const encoding = tokenizer.encode(text, { add_special_tokens: false });
      expect(normalizer.normalize(text).text).toBe(normalized);
      expect(encoding, JSON.stringify(text)).toEqual({ ids, pieces, offsets });
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
    for (const { ids, decoded } of golden.decode) expect(tokenizer.decode(ids)).toBe(decoded);
    expect(golden.vectors.length + golden.decode.length).toBeGreaterThan(300);
  });
});

describe.skipIf(!present)(`tokenizer.json of t5${reason}`, () => {
  it('hf: every vector and every decode', () => {
    const golden: Golden = json('goldens/tokenizers/t5/golden.json');
    const tokenizer = unigramFromTokenizerJson(json('goldens/tokenizers/t5/tokenizer.json'));
    for (const { text, hf } of golden.vectors) {
      const unit = unitOfCodePoint(text);
      const { ids, pieces, offsets } = tokenizer.encode(text);
      expect(ids, JSON.stringify(text)).toEqual(hf.ids);
      // The golden shows <unk> where we show the text.
      expect(pieces.map((piece, i) => (ids[i] === 2 ? '<unk>' : piece))).toEqual(hf.pieces);
      expect(offsets, JSON.stringify(text)).toEqual(hf.offsets.map(([start, end]) => [unit[start], unit[end]]));
      expect(tokenizer.decode(ids)).toBe(hf.decoded);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(hf.decoded_skip);
    }
    for (const { ids, decoded, decoded_skip } of golden.decode_hf) {
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(decoded_skip);
    }
  });

  it('hf4: every vector', () => {
    const golden: Golden = json('goldens/tokenizers/t5/golden.json');
    const tokenizer = unigramFromTokenizerJson(json('goldens/tokenizers/t5/tokenizer-v4.json'));
    for (const { text, hf, hf4_ids } of golden.vectors)
      expect(tokenizer.encode(text).ids, JSON.stringify(text)).toEqual(hf4_ids ?? hf.ids);
  });

  it('spiece.model with the config of T5 has the same sentinels', () => {
    const roles = readRoles({ tokenizer_config: json('goldens/tokenizers/t5/tokenizer_config.json') });
    const tokenizer = spieceTokenizer(file('data/t5-tokenizer/spiece.model'), roles);
    expect(tokenizer.pieceToId('<extra_id_0>')).toBe(32_099);
    expect(tokenizer.vocabSize).toBe(32_100);
  });
});

describe.skipIf(!present)(`en-de${reason}`, () => {
  it('prompt_ids of every sentence, and the text of what the LLM wrote', () => {
    const roles = readRoles({ tokenizer_config: json('models/en-de/llm/tokenizer_config.json') });
    const tokenizer = spieceTokenizer(file('models/en-de/llm/spiece.model'), roles);
    const { items } = json('models/en-de/expected.json');
    expect(items).toHaveLength(100);
    for (const { en, prompt_ids, llm } of items) {
      expect(tokenizer.encode(en).ids, en).toEqual(prompt_ids);
      const { ids, text } = llm.greedy;
      expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(text);
    }
  });

  it('a public model whose config adds tokens far above its pieces', () => {
    const folder = 'data/models/tiny-t5';
    const names = ['tokenizer_config', 'special_tokens_map', 'added_tokens'];
    const roles = readRoles(Object.fromEntries(names.map((name) => [name, json(`${folder}/${name}.json`)])));
    const tokenizer = spieceTokenizer(file(`${folder}/spiece.model`), roles);
    expect(tokenizer.pieceToId('<extra_id_0>')).toBe(32_099);
    expect(tokenizer.encode('x').ids.at(-1)).toBe(tokenizer.special.eos);
  });
});
